import { messageOf, MusterError } from "../../core/errors.ts";
import { randomId } from "../../core/ids.ts";
import type { Counts, Job, JobSpec } from "../../core/job.ts";
import type { AttemptRef, Task } from "../../core/task.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Fleet } from "../hosts/fleet.ts";
import { LossWatch } from "../scheduling/loss_watch.ts";
import type { Loss } from "../scheduling/losses.ts";
import { PlacingLoop } from "../scheduling/loop.ts";
import { forgetEvents } from "../store/events.ts";
import { halfWrittenJobs, jobById, requireJob, setReady, type StoredJob } from "../store/jobs.ts";
import { readMeta, writeMeta } from "../store/meta.ts";
import type { Store } from "../store/store.ts";
import { findTask } from "../store/tasks.ts";
import { releaseAfter } from "./after.ts";
import type { EventFeed } from "./event_feed.ts";
import {
  checkIndexes,
  emptyTally,
  KILL_GRACE_SECONDS,
  killIndexes,
  killOut,
  killSomePending,
  type KillTally,
} from "./kill.ts";
import type { Change } from "./change.ts";
import { Ledger, nextTurn } from "./ledger.ts";
import { loadJob } from "./memory.ts";
import type {
  HeldAttempt,
  HostReport,
  KillOutcome,
  ParameterRows,
  Queue,
  ReportOutcome,
  SubmitOptions,
} from "./queue.ts";
import { loseHost, settleHeld } from "./register.ts";
import { takeReport } from "./report.ts";
import { resetBetween, RESETTABLE } from "./reset.ts";
import {
  checkSubmission,
  CHUNK,
  deleteInPieces,
  type Submission,
  submitAtOnce,
  submitLast,
  writeInPieces,
} from "./submit.ts";
import type { UnfinishedJob } from "./unfinished_job.ts";
import { waitingFor } from "./waiting_for.ts";

export interface QueueParts {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly log: Log;
  readonly feed: EventFeed;
  /** That many random bytes. */
  readonly random: (count: number) => Uint8Array;
  /** Which of these blobs (hex) are not stored: `BlobStore.missing`. Called inside transactions. */
  readonly blobsMissing: (sha256: readonly string[]) => readonly string[];
}

/** A queue with a life: nothing is placed before `start`, nothing after `close`. */
export interface RunningQueue extends Queue {
  /** Takes out what was half written, then begins to place and to watch for lost hosts. */
  start(): Promise<void>;
  /** Stops placing. What was asked for is still committed by the store. */
  close(): void;
}

/** Milliseconds until a kill of a job that waited in vain is tried again after a failure. */
const RETRY_MS = 5000;

/** Milliseconds between two looks for events that are too old or too many. */
const FORGET_MS = 60_000;

/** Events that are forgotten in one change. */
const FORGET_COUNT = 5000;

/** The queue over what `store` holds. The epoch is 1 in a new database. */
export function createQueue(parts: QueueParts): RunningQueue {
  return new JobQueue(parts);
}

class JobQueue implements RunningQueue {
  readonly epoch: number;
  readonly #parts: QueueParts;
  readonly #ledger: Ledger;
  readonly #placing: PlacingLoop;
  readonly #losses: LossWatch;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #started = false;
  #closed = false;
  #stopWatching: () => void = () => {};
  #forgotAtMs: number;

  constructor(parts: QueueParts) {
    const { store, fleet, clock, feed } = parts;
    this.#parts = parts;
    this.epoch = Number(store.read((db) => readMeta(db, "epoch")) ?? 1);
    this.#forgotAtMs = clock.monotonicMs();
    this.#ledger = new Ledger({
      store,
      clock,
      feed,
      placeable: () => this.#started && this.#placing.request(),
      ended: (jobs) => this.#ended(jobs),
    });
    this.#ledger.load();
    const { memory } = this.#ledger;
    this.#placing = new PlacingLoop({
      fleet,
      epoch: this.epoch,
      commit: (body) => this.#ledger.commit(body),
    });
    this.#losses = new LossWatch({ fleet, clock, memory, lose: (lost) => this.#lose(lost) });
  }

  async start(): Promise<void> {
    const { store, fleet } = this.#parts;
    await store.write((db) => writeMeta(db, "epoch", String(this.epoch)));
    for (const seq of store.read(halfWrittenJobs)) await deleteInPieces(store, seq);
    this.#started = true;
    this.#stopWatching = fleet.onChange(() => this.#placing.request());
    this.#losses.start();
    this.#killDoomed();
    this.#placing.request();
  }

  close(): void {
    this.#closed = true;
    this.#stopWatching();
    this.#losses.close();
    this.#placing.close();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  // ---- jobs

  async submit(
    spec: JobSpec,
    rows: ParameterRows,
    createdBy: string | null,
    { also }: SubmitOptions = {},
  ): Promise<Job> {
    checkSubmission(spec, rows);
    const { store, clock, random } = this.#parts;
    const submission: Submission = {
      id: randomId("j", random),
      spec,
      rows,
      createdAt: clock.now(),
      createdBy,
    };
    const job = spec.total <= CHUNK
      ? await this.#ledger.commit((change) => told(change, submitAtOnce(change, submission), also))
      : await this.#submitInPieces(store, submission, also);
    if (job.doomed !== null) this.#killDoomed();
    return this.job(job.id) ?? job.toJob();
  }

  async #submitInPieces(
    store: Store,
    submission: Submission,
    also: SubmitOptions["also"],
  ): Promise<UnfinishedJob> {
    const seq = await writeInPieces(store, submission);
    try {
      return await this.#ledger.commit((change) => told(change, submitLast(change, seq), also));
    } catch (error) {
      await deleteInPieces(store, seq).catch(() => {});
      throw error;
    }
  }

  async kill(jobId: string, indexes?: readonly number[]): Promise<KillOutcome> {
    const job = this.#ledger.memory.jobs.get(jobId);
    const tally = emptyTally();
    if (job === undefined) {
      const ended = this.#require("kill", jobId);
      if (indexes !== undefined) checkIndexes(ended, indexes);
    } else if (indexes === undefined) await this.#killAll(jobId, null, tally);
    else {
      checkIndexes(job, indexes);
      await this.#killSome(jobId, indexes, tally);
    }
    const onReturn = [...tally.onReturn].map(([hostId, tasks]) => ({ hostId, tasks }));
    return { killed: tally.killed, stopping: tally.stopping, onReturn };
  }

  async #killSome(jobId: string, indexes: readonly number[], tally: KillTally): Promise<void> {
    const all = [...new Set(indexes)];
    for (let at = 0; at < all.length; at += CHUNK) {
      const some = all.slice(at, at + CHUNK);
      await this.#killStep(jobId, tally, (change, job, connected) => {
        killIndexes(change, job, some, connected, tally);
        change.event("job.killed", job, { data: { indexes: some.slice(0, 100), count: some.length } });
      });
    }
  }

  async #killAll(jobId: string, reason: string | null, tally: KillTally): Promise<void> {
    await this.#holding(jobId, async () => {
      await this.#killStep(jobId, tally, (change, job, connected) => {
        change.event("job.killed", job, { data: reason === null ? {} : { reason } });
        killOut(change, job, connected, reason, tally);
        killSomePending(change, job, reason, tally);
      });
      while ((this.#ledger.memory.jobs.get(jobId)?.pending.size ?? 0) > 0) {
        await nextTurn();
        await this.#killStep(jobId, tally, (change, job) => killSomePending(change, job, reason, tally));
      }
    });
  }

  /** One commit of a kill; then the hosts are told. */
  async #killStep(
    jobId: string,
    tally: KillTally,
    body: (
      change: Parameters<typeof killOut>[0],
      job: UnfinishedJob,
      connected: ReadonlySet<string>,
    ) => void,
  ): Promise<void> {
    await this.#ledger.commit((change) => {
      const job = change.memory.jobs.get(jobId);
      if (job !== undefined) body(change, job, this.#connected());
    });
    for (const [hostId, refs] of tally.refs) this.#parts.fleet.kill(hostId, refs, KILL_GRACE_SECONDS);
    tally.refs.clear();
  }

  async reset(jobId: string, which: "failed" | "all", indexes?: readonly number[]): Promise<number> {
    const stored = this.#require("reset", jobId);
    if (indexes !== undefined) checkIndexes(stored, indexes);
    let count = 0;
    await this.#holding(jobId, async () => {
      for (const ranges of resetPieces(stored.spec.total, indexes)) {
        const step = await this.#ledger.commit((change) => {
          const job = this.#awake(change, jobId);
          let found = 0;
          for (const { from, to } of ranges) found += resetBetween(change, job, from, to, RESETTABLE[which]);
          return found;
        });
        count += step;
        await nextTurn();
      }
    });
    if (count > 0) {
      await this.#ledger.commit((change) => change.event("job.reset", stored, { data: { which, count } }));
    }
    return count;
  }

  /** The job in memory, also one that has ended: it comes back with the change that is made to it. */
  #awake({ db, memory }: Parameters<typeof killOut>[0], jobId: string): UnfinishedJob {
    const known = memory.jobs.get(jobId);
    if (known !== undefined) return known;
    const job = loadJob(db, requireJob(db, jobId));
    job.holds = 1;
    return job;
  }

  /** Nothing of the job is placed while `body` works on it in pieces. */
  async #holding(jobId: string, body: () => Promise<void>): Promise<void> {
    const held = this.#ledger.memory.jobs.get(jobId);
    if (held !== undefined) held.holds++;
    try {
      await body();
    } finally {
      const job = this.#ledger.memory.jobs.get(jobId);
      if (job !== undefined) job.holds = Math.max(0, job.holds - 1);
      this.#placing.request();
    }
  }

  async remove(jobId: string): Promise<void> {
    const stored = this.#require("delete", jobId);
    const { store } = this.#parts;
    await this.#ledger.commit((change) => {
      const running = change.memory.jobs.get(jobId);
      if (running !== undefined) throw stillRuns(stored.spec.name);
      setReady(change.db, stored.seq, false);
      change.event("job.deleted", stored, { data: { id: jobId, name: stored.spec.name } });
    });
    await deleteInPieces(store, stored.seq);
  }

  job(jobId: string): Job | null {
    return this.#ledger.memory.jobs.get(jobId)?.toJob() ??
      this.#parts.store.read((db) => jobById(db, jobId));
  }

  task(jobId: string, index: number): Task | null {
    const job = this.#ledger.memory.jobs.get(jobId);
    const out = job?.out.get(index);
    if (out !== undefined) return out;
    return this.#parts.store.read((db) => {
      const owner = job ?? jobById(db, jobId);
      return owner === null ? null : findTask(db, owner, index)?.task ?? null;
    });
  }

  onJobChange(jobId: string, listener: (counts: Counts) => void): () => void {
    return this.#ledger.onJobChange(jobId, listener);
  }

  countOn(hostId: string): number {
    return this.#ledger.memory.countOn(hostId);
  }

  hostsOf(jobId: string): readonly string[] {
    return this.#ledger.memory.hostsOf(jobId);
  }

  waitingFor(jobId: string): string | null {
    const { jobs } = this.#ledger.memory;
    const job = jobs.get(jobId);
    if (job === undefined) return null;
    return waitingFor(job, this.#parts.fleet.connected(), (id) => jobs.get(id)?.spec.name ?? id);
  }

  // ---- hosts

  async hostRegistered(
    hostId: string,
    held: readonly HeldAttempt[],
  ): Promise<{ readonly drop: AttemptRef[] }> {
    const drop = await this.#ledger.commit((change) => settleHeld(change, hostId, held, this.epoch));
    return { drop };
  }

  observe(hostId: string, report: HostReport): Promise<ReportOutcome> {
    const { blobsMissing } = this.#parts;
    this.#forgetNowAndThen();
    return this.#ledger.commit((change) =>
      takeReport(change, hostId, report, { epoch: this.epoch, blobsMissing })
    );
  }

  async hostLost(hostId: string, reason: string): Promise<void> {
    await this.#ledger.commit((change) => loseHost(change, hostId, reason));
  }

  // ---- by itself

  #lose(lost: readonly Loss[]): void {
    for (const [hostId, losses] of Map.groupBy(lost, ({ hostId }) => hostId)) {
      const jobIds = new Set(losses.map(({ jobId }) => jobId));
      this.#parts.log.warn("tasks of a host that is away return to pending", { hostId, jobs: jobIds.size });
      this.#ledger.commit((change) => {
        if (this.#connected().has(hostId)) return;
        loseHost(change, hostId, "its host was not seen for too long", jobIds);
      }).catch((error) => {
        this.#parts.log.error("cannot return tasks to pending", { hostId, error: messageOf(error) });
        this.#later(() => this.#losses.look());
      });
    }
  }

  #ended(jobs: readonly Job[]): void {
    let released = false;
    for (const job of jobs) {
      this.#parts.log.debug("job ended", { jobId: job.id, name: job.spec.name });
      released = releaseAfter(this.#ledger.memory, job) || released;
    }
    if (!released) return;
    this.#killDoomed();
    this.#placing.request();
  }

  /** Jobs that waited for the success of one that failed. */
  #killDoomed(): void {
    for (const job of this.#ledger.memory.jobs.values()) {
      if (job.doomed === null || job.holds > 0 || this.#closed) continue;
      this.#killAll(job.id, job.doomed, emptyTally()).catch((error) => {
        this.#parts.log.error("cannot kill a job that waited in vain", {
          jobId: job.id,
          error: messageOf(error),
        });
        this.#later(() => this.#killDoomed());
      });
    }
  }

  #forgetNowAndThen(): void {
    const { store, clock, log } = this.#parts;
    if (clock.monotonicMs() - this.#forgotAtMs < FORGET_MS) return;
    this.#forgotAtMs = clock.monotonicMs();
    store.write((db) => forgetEvents(db, clock.now(), FORGET_COUNT)).catch((error) => {
      log.warn("cannot forget old events", { error: messageOf(error) });
    });
  }

  #later(action: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, RETRY_MS);
    this.#timers.add(timer);
  }

  #connected(): ReadonlySet<string> {
    return new Set(this.#parts.fleet.connected().map(({ id }) => id));
  }

  #require(verb: string, jobId: string): StoredJob {
    const job = this.#parts.store.read((db) => jobById(db, jobId));
    if (job !== null) return job;
    throw new MusterError("NotFound", `Cannot ${verb} job "${jobId}": there is no such job`);
  }
}

function stillRuns(name: string): MusterError {
  return new MusterError("Conflict", `Cannot delete job "${name}": it has not ended`, {
    hint: `Run \`muster kill ${name}\` first`,
  });
}

/** Pieces of about {@linkcode CHUNK} tasks, each one or more ranges. */
function* resetPieces(total: number, indexes?: readonly number[]): Generator<{ from: number; to: number }[]> {
  if (indexes === undefined) {
    for (let from = 1; from <= total; from += CHUNK) yield [{ from, to: Math.min(total, from + CHUNK - 1) }];
    return;
  }
  const all = [...new Set(indexes)];
  for (let at = 0; at < all.length; at += CHUNK) {
    yield all.slice(at, at + CHUNK).map((index) => ({ from: index, to: index }));
  }
}

/** Lets the caller write beside the new job, in its transaction. */
function told({ db }: Change, job: UnfinishedJob, also: SubmitOptions["also"]): UnfinishedJob {
  also?.(db, job.toJob());
  return job;
}
