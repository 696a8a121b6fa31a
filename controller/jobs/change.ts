import type { Counts, Job } from "../../core/job.ts";
import { isEnded, jobState } from "../../core/job_state.ts";
import type { Task, TaskState } from "../../core/task.ts";
import type { Instant } from "../../core/time.ts";
import { insertEvents, type NewEvent, type StoredEvent, storedEvents } from "../store/events.ts";
import { updateJob } from "../store/jobs.ts";
import type { Db } from "../store/store.ts";
import { updateTask } from "../store/tasks.ts";
import type { QueueMemory } from "./memory.ts";
import { emptyTally, type GrowingTally, type Tally } from "./tally.ts";
import type { UnfinishedJob } from "./unfinished_job.ts";

/** What a change did, for those who are told after the commit. */
export interface Committed {
  readonly changed: readonly UnfinishedJob[];
  readonly ended: readonly Job[];
  readonly tally: Tally;
  /** Built only when asked for: mostly nobody listens. */
  events(): readonly StoredEvent[];
}

type MutableCounts = { -readonly [S in keyof Counts]: Counts[S] };

interface JobStep {
  readonly counts: MutableCounts;
  /** Each task as it is after the change. */
  readonly tasks: Map<number, Task>;
  startedAt: Instant | null;
  ranMs: number;
  ran: number;
  /** The lowest pending indexes, this many, are not pending any more. */
  taken: number;
  /** Indexes that are pending again. */
  readonly returned: number[];
}

/**
 * One transaction of the queue: collects steps of tasks, then writes each task and each job once and brings the
 * memory up to date. If it throws before the end, neither rows nor memory have changed.
 */
export class Change {
  readonly db: Db;
  readonly memory: QueueMemory;
  readonly now: Instant;
  /** What this change did, counted. */
  readonly tally: GrowingTally = emptyTally();
  readonly #steps = new Map<UnfinishedJob, JobStep>();
  readonly #events: NewEvent[] = [];

  constructor(db: Db, memory: QueueMemory, now: Instant) {
    this.db = db;
    this.memory = memory;
    this.now = now;
  }

  /** The task as this change has it, if an attempt of it is out on a host. */
  out(job: UnfinishedJob, index: number): Task | null {
    const task = this.#steps.get(job)?.tasks.get(index) ?? job.out.get(index);
    return task !== undefined && (task.state === "claimed" || task.state === "running") ? task : null;
  }

  /** The job is held in memory from this change on. */
  adopt(job: UnfinishedJob): void {
    this.#step(job);
  }

  /** Records a step of one task. */
  put(job: UnfinishedJob, before: Task, after: Task): void {
    const step = this.#step(job);
    step.tasks.set(after.index, after);
    step.startedAt ??= after.startedAt;
    if (before.state === after.state) return;
    step.counts[before.state]--;
    step.counts[after.state]++;
    this.#countEnded(after.state, 1);
  }

  /** Records a step of `count` tasks that is alike for all and written already. */
  move(job: UnfinishedJob, from: TaskState, to: TaskState, count: number): void {
    const { counts } = this.#step(job);
    counts[from] -= count;
    counts[to] += count;
    this.#countEnded(to, count);
  }

  /** The lowest `count` pending tasks are dealt with by this change. */
  take(job: UnfinishedJob, count: number): void {
    this.#step(job).taken += count;
  }

  /** These tasks, written already, are pending again. */
  makePending(job: UnfinishedJob, indexes: readonly number[]): void {
    this.#step(job).returned.push(...indexes);
  }

  /** An attempt ran this long. */
  ran(job: UnfinishedJob, ms: number): void {
    const step = this.#step(job);
    step.ranMs += Math.max(0, ms);
    step.ran++;
  }

  /** Records a fact about a job, or about none. */
  event(
    kind: string,
    job: NewEvent["job"],
    about: { index?: number; hostId?: string | null; data?: Readonly<Record<string, unknown>> } = {},
  ): void {
    this.#events.push({
      at: this.now,
      kind,
      job,
      index: about.index ?? null,
      hostId: about.hostId ?? null,
      data: about.data ?? null,
    });
  }

  /** Writes everything, then changes the memory. Nothing may fail after it. */
  finish(): Committed {
    const ended: Job[] = [];
    for (const [job, step] of this.#steps) {
      for (const task of step.tasks.values()) updateTask(this.db, job.seq, task);
      const endedAt = isEnded(step.counts) ? this.now : null; // Ended jobs are not in memory, so it ended now.
      updateJob(this.db, job.seq, step.counts, step.startedAt, endedAt);
      if (endedAt === null) continue;
      this.event("job.ended", job, { data: { state: jobState(step.counts) } });
      ended.push({ ...job.toJob(), counts: step.counts, startedAt: step.startedAt, endedAt });
    }
    const last = insertEvents(this.db, this.#events);
    for (const [job, step] of this.#steps) this.#apply(job, step);
    return {
      changed: [...this.#steps.keys()],
      ended,
      tally: this.tally,
      events: () => storedEvents(this.#events, last),
    };
  }

  #countEnded(state: TaskState, count: number): void {
    if (state === "complete" || state === "failed" || state === "killed") {
      this.tally.tasksEnded[state] += count;
    }
  }

  #step(job: UnfinishedJob): JobStep {
    let step = this.#steps.get(job);
    if (step === undefined) {
      const { startedAt } = job;
      step = {
        counts: { ...job.counts },
        tasks: new Map(),
        startedAt,
        ranMs: 0,
        ran: 0,
        taken: 0,
        returned: [],
      };
      this.#steps.set(job, step);
    }
    return step;
  }

  #apply(job: UnfinishedJob, step: JobStep): void {
    job.counts = step.counts;
    job.startedAt = step.startedAt;
    if (step.ran > 0) job.ran(step.ranMs, step.ran);
    job.pending.removeFirst(step.taken);
    for (const index of step.returned) job.pending.add(index);
    for (const task of step.tasks.values()) this.#applyTask(job, task);
    if (isEnded(step.counts)) this.memory.remove(job);
    else if (!this.memory.jobs.has(job.id)) this.memory.add(job);
  }

  #applyTask(job: UnfinishedJob, task: Task): void {
    if (task.state === "claimed" || task.state === "running") {
      job.freshFrom = Math.max(job.freshFrom, task.index + 1);
      return this.memory.putOut(job, task);
    }
    this.memory.takeBack(job, task.index);
    if (task.state === "pending") job.pending.add(task.index);
    else job.pending.remove(task.index);
  }
}
