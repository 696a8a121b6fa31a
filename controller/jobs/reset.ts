import type { TaskState } from "../../core/task.ts";
import { finalBetween, updateFinal } from "../store/tasks.ts";
import type { Change } from "./change.ts";
import { resetStep } from "./observe.ts";
import type { UnfinishedJob } from "./unfinished_job.ts";

/** Which tasks a reset returns to pending. */
export const RESETTABLE = {
  failed: ["failed", "killed"],
  all: ["complete", "failed", "killed"],
} as const satisfies Record<string, readonly TaskState[]>;

/** Returns the final tasks `from` to `to` in one of `states` to pending; answers how many. */
export function resetBetween(
  change: Change,
  job: UnfinishedJob,
  from: number,
  to: number,
  states: readonly TaskState[],
): number {
  const found = finalBetween(change.db, job.seq, from, to, states);
  for (const [state, tasks] of Map.groupBy(found, ({ state }) => state)) {
    updateFinal(change.db, job.seq, from, to, state, resetStep(job, state, change.now));
    change.move(job, state, "pending", tasks.length);
  }
  change.makePending(job, found.map(({ index }) => index));
  return found.length;
}
