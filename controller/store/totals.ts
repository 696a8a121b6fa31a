import type { Db } from "./store.ts";

/** How much there is, for `status` and the metrics. */
export interface Totals {
  readonly jobs: { readonly pending: number; readonly running: number; readonly ended: number };
  /** Of jobs that have not ended. */
  readonly tasks: { readonly pending: number; readonly claimed: number; readonly running: number };
}

/** Reads the unfinished jobs by their index and counts the rest. */
export function readTotals(db: Db): Totals {
  const row = db.prepare(
    `SELECT COUNT(*) AS open, COALESCE(SUM(claimed + running + complete + failed + killed = 0), 0) AS waiting,
       COALESCE(SUM(pending), 0) AS pending, COALESCE(SUM(claimed), 0) AS claimed,
       COALESCE(SUM(running), 0) AS running
     FROM jobs INDEXED BY jobs_unfinished WHERE ended_at IS NULL AND ready = 1`,
  ).get() as Record<"open" | "waiting" | "pending" | "claimed" | "running", number>;
  const ended = db.prepare("SELECT COUNT(*) AS n FROM jobs WHERE ended_at IS NOT NULL").get() as {
    n: number;
  };
  return {
    jobs: { pending: row.waiting, running: row.open - row.waiting, ended: ended.n },
    tasks: { pending: row.pending, claimed: row.claimed, running: row.running },
  };
}
