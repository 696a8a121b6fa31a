import { MusterError } from "../../core/errors.ts";
import type { AttemptRef, Task } from "../../core/task.ts";
import { findTask, updatePending } from "../store/tasks.ts";
import type { Change } from "./change.ts";
import { killStep, observe } from "./observe.ts";
import { CHUNK } from "./submit.ts";
import type { UnfinishedJob } from "./unfinished_job.ts";

/** Seconds between SIGTERM and SIGKILL. */
export const KILL_GRACE_SECONDS = 10;

/** What a kill has done so far. */
export interface KillTally {
  killed: number;
  stopping: number;
  /** Tasks on hosts that are not connected, by host id. */
  readonly onReturn: Map<string, number>;
  /** What is to be sent to connected hosts, by host id. */
  readonly refs: Map<string, AttemptRef[]>;
}

export function emptyKillTally(): KillTally {
  return { killed: 0, stopping: 0, onReturn: new Map(), refs: new Map() };
}

/** Ends what is out on hosts, of the whole job. Pending tasks follow with {@linkcode killSomePending}. */
export function killOut(
  change: Change,
  job: UnfinishedJob,
  connected: ReadonlySet<string>,
  reason: string | null,
  tally: KillTally,
): void {
  for (const task of job.out.values()) killOne(change, job, task, connected, reason, tally);
}

/** Ends the lowest pending tasks; no event for each, `job.killed` speaks for them. */
export function killSomePending(
  change: Change,
  job: UnfinishedJob,
  reason: string | null,
  tally: KillTally,
): void {
  const step = killStep(job, change.now, reason);
  let count = 0;
  for (const { from, to } of job.pending.first(CHUNK)) {
    updatePending(change.db, job.seq, from, to, step);
    count += to - from + 1;
  }
  if (count === 0) return;
  change.take(job, count);
  change.move(job, "pending", "killed", count);
  tally.killed += count;
}

/** Ends these tasks. Final ones stay as they are. */
export function killIndexes(
  change: Change,
  job: UnfinishedJob,
  indexes: readonly number[],
  connected: ReadonlySet<string>,
  tally: KillTally,
): void {
  for (const index of indexes) {
    const task = change.out(job, index) ??
      (job.pending.has(index) ? findTask(change.db, job, index)?.task ?? null : null);
    if (task !== null) killOne(change, job, task, connected, null, tally);
  }
}

/** Throws `NotFound` for an index the job does not have. */
export function checkIndexes(
  job: { readonly spec: { name: string; total: number } },
  indexes: readonly number[],
) {
  const { name, total } = job.spec;
  const wrong = indexes.find((index) => !Number.isInteger(index) || index < 1 || index > total);
  if (wrong === undefined) return;
  throw new MusterError(
    "NotFound",
    `Cannot find task ${wrong} of job "${name}": it has tasks 1 to ${total}`,
  );
}

function killOne(
  change: Change,
  job: UnfinishedJob,
  task: Task,
  connected: ReadonlySet<string>,
  reason: string | null,
  tally: KillTally,
): void {
  const { hostId, index, attempt } = task;
  const hostSees = hostId !== null && connected.has(hostId);
  const isOut = task.state !== "pending";
  observe(change, job, task, { kind: "kill", hostSees }, { reason });
  if (!isOut || hostId === null) tally.killed++;
  else if (!hostSees) tally.onReturn.set(hostId, (tally.onReturn.get(hostId) ?? 0) + 1);
  else {
    tally.stopping++;
    const refs = tally.refs.get(hostId) ?? [];
    tally.refs.set(hostId, refs);
    refs.push({ jobId: job.id, index, attempt });
  }
}
