import type { TaskState } from "../../core/task.ts";
import { requireJob, type StoredJob } from "../store/jobs.ts";
import { finalBetween, updateFinal } from "../store/tasks.ts";
import type { Change } from "./change.ts";
import { type Ledger, nextTurn } from "./ledger.ts";
import { loadJob } from "./memory.ts";
import { resetStep } from "./observe.ts";
import { CHUNK } from "./submit.ts";
import type { UnfinishedJob } from "./unfinished_job.ts";

interface IndexRange {
  readonly from: number;
  readonly to: number;
}

/** Returns final tasks of the job to pending, in several commits; answers how many. */
export async function resetJob(
  ledger: Ledger,
  job: StoredJob,
  which: keyof typeof RESETTABLE,
  indexes?: readonly number[],
): Promise<number> {
  let count = 0;
  await ledger.holding(job.id, async () => {
    for (const ranges of pieces(job.spec.total, indexes)) {
      count += await ledger.commit((change) => resetPiece(change, job.id, ranges, RESETTABLE[which]));
      await nextTurn();
    }
  });
  if (count > 0) await ledger.commit((change) => change.event("job.reset", job, { data: { which, count } }));
  return count;
}

/** Which tasks a reset returns to pending. */
const RESETTABLE = {
  failed: ["failed", "killed"],
  all: ["complete", "failed", "killed"],
} as const satisfies Record<string, readonly TaskState[]>;

/** Pieces of about {@linkcode CHUNK} tasks, each one or more ranges. */
function* pieces(total: number, indexes?: readonly number[]): Generator<IndexRange[]> {
  if (indexes === undefined) {
    for (let from = 1; from <= total; from += CHUNK) yield [{ from, to: Math.min(total, from + CHUNK - 1) }];
    return;
  }
  const all = [...new Set(indexes)];
  for (let at = 0; at < all.length; at += CHUNK) {
    yield all.slice(at, at + CHUNK).map((index) => ({ from: index, to: index }));
  }
}

function resetPiece(
  change: Change,
  jobId: string,
  ranges: readonly IndexRange[],
  states: readonly TaskState[],
): number {
  const job = change.memory.jobs.get(jobId) ?? endedJob(change, jobId);
  return ranges.reduce((sum, { from, to }) => sum + resetBetween(change, job, from, to, states), 0);
}

/** A job that has ended comes back to memory with the change that is made to it, held until the reset is done. */
function endedJob({ db }: Change, jobId: string): UnfinishedJob {
  const job = loadJob(db, requireJob(db, jobId));
  job.holds = 1;
  return job;
}

/** Returns the final tasks `from` to `to` in one of `states` to pending; answers how many. */
function resetBetween(
  change: Change,
  job: UnfinishedJob,
  from: number,
  to: number,
  states: readonly TaskState[],
): number {
  const found = finalBetween(change.db, job.seq, from, to, states);
  if (found.length === 0) return 0;
  for (const [state, tasks] of Map.groupBy(found, ({ state }) => state)) {
    updateFinal(change.db, job.seq, from, to, state, resetStep(job, state, change.now));
    change.move(job, state, "pending", tasks.length);
  }
  change.makePending(job, found.map(({ index }) => index));
  return found.length;
}
