import { renderTask } from "../../core/command.ts";
import { messageOf } from "../../core/errors.ts";
import type { JobSpec } from "../../core/job.ts";
import type { Placement } from "../scheduling/place.ts";
import { newTask, type StoredTask, tasksBetween } from "../store/tasks.ts";
import type { Change } from "./change.ts";
import { observe } from "./observe.ts";
import type { AssignedTask } from "./queue.ts";
import type { UnfinishedJob } from "./unfinished_job.ts";

/** What is sent to a host once the claims are committed. */
export interface Assignments {
  readonly jobs: Map<string, JobSpec>;
  readonly tasks: AssignedTask[];
}

/** Gives the lowest pending tasks of each job to the hosts they were placed on. Answers by host id. */
export function claim(change: Change, placements: readonly Placement[]): Map<string, Assignments> {
  const byHost = new Map<string, Assignments>();
  for (const [jobId, placed] of Map.groupBy(placements, ({ jobId }) => jobId)) {
    const job = change.memory.jobs.get(jobId);
    if (job !== undefined) claimOfJob(change, job, placed, byHost);
  }
  return byHost;
}

function claimOfJob(
  change: Change,
  job: UnfinishedJob,
  placed: readonly Placement[],
  byHost: Map<string, Assignments>,
): void {
  const total = placed.reduce((sum, { count }) => sum + count, 0);
  const tasks = lowestPending(change, job, total);
  change.take(job, tasks.length);
  let next = 0;
  for (const { hostId, count } of placed) {
    const assignments = byHost.get(hostId) ?? { jobs: new Map(), tasks: [] };
    byHost.set(hostId, assignments);
    assignments.jobs.set(job.id, job.spec);
    for (const stored of tasks.slice(next, next + count)) claimOne(change, job, stored, hostId, assignments);
    next += count;
  }
}

function lowestPending(change: Change, job: UnfinishedJob, count: number): StoredTask[] {
  return job.pending.first(count).flatMap(({ from, to }) => {
    // Nothing of a task that has no parameters and was never tried needs to be read.
    if (job.spec.columns.length > 0 || from < job.freshFrom) return tasksBetween(change.db, job, from, to);
    return Array.from({ length: to - from + 1 }, (_, at) => ({
      task: newTask(job, from + at),
      parameters: null,
    }));
  });
}

function claimOne(
  change: Change,
  job: UnfinishedJob,
  { task, parameters }: StoredTask,
  hostId: string,
  assignments: Assignments,
): void {
  const attempt = task.attempt + 1;
  const claimed = observe(change, job, task, { kind: "claimed", attempt, hostId });
  try {
    const { command, env, results } = renderTask(job.compiled, task.index, parameters);
    assignments.tasks.push({ ref: { jobId: job.id, index: task.index, attempt }, command, env, results });
  } catch (error) {
    // Checked at submit, so this is a fault of ours; the queue goes on without the task.
    const reason = `cannot be filled in: ${messageOf(error)}`;
    const { now } = change;
    const ended = { cause: "exit", exitCode: 127, startedAt: now, endedAt: now, reason } as const;
    observe(change, job, claimed, { kind: "ended", attempt, ...ended });
  }
}
