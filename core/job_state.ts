import type { Counts, JobState } from "./job.ts";

/**
 * A job's state, derived from its tasks: `pending` until one of them has moved, `running` until all are final, then
 * `failed` if any failed, else `killed` if any was killed, else `complete`.
 */
export function jobState(counts: Counts): JobState {
  const out = counts.claimed + counts.running;
  const final = counts.complete + counts.failed + counts.killed;
  if (out + final === 0) return "pending";
  if (out + counts.pending > 0) return "running";
  if (counts.failed > 0) return "failed";
  return counts.killed > 0 ? "killed" : "complete";
}

/** Whether every task is final. A job without tasks has not ended. */
export function isEnded(counts: Counts): boolean {
  const state = jobState(counts);
  return state !== "pending" && state !== "running";
}
