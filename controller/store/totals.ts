import { countJobs } from "./jobs.ts";
import type { Db } from "./store.ts";

/** How much there is, for `status` and the metrics. */
export interface Totals {
  readonly jobs: { readonly pending: number; readonly running: number; readonly ended: number };
  /** Of jobs that have not ended. */
  readonly tasks: { readonly pending: number; readonly claimed: number; readonly running: number };
}

/** Adds up the counts that jobs carry: no task is read. */
export function readTotals(db: Db): Totals {
  const tasks = db.prepare(
    `SELECT coalesce(sum(pending), 0) AS pending, coalesce(sum(claimed), 0) AS claimed,
       coalesce(sum(running), 0) AS running FROM jobs WHERE ended_at IS NULL AND ready = 1`,
  ).get() as { pending: number; claimed: number; running: number };
  return { jobs: countJobs(db), tasks: { ...tasks } };
}
