import { MusterError } from "../../core/errors.ts";
import { jobState } from "../../core/job_state.ts";
import { jobBySeq, unfinishedByName } from "../store/jobs.ts";
import type { Db } from "../store/store.ts";

/**
 * A name that a person gave is theirs until its job has ended; names from commands may be borne by many. Throws
 * `Conflict` if another job of this name has not ended. One whose rows are still being written counts too, unless it
 * is `own`: whoever came first goes on, the others hear of it before they write anything.
 */
export function checkNameIsFree(db: Db, name: string, own: number | null = null): void {
  const bearer = unfinishedByName(db, name).find(({ seq, isReady }) =>
    own === null || (seq !== own && isReady)
  );
  if (bearer === undefined) return;
  const job = jobBySeq(db, bearer.seq);
  const state = job === null ? "being submitted" : jobState(job.counts);
  throw new MusterError(
    "Conflict",
    `Cannot submit job "${name}": job ${bearer.id} of that name is still ${state}`,
    { hint: `Wait for it (muster wait ${bearer.id}), end it (muster kill ${bearer.id}), or leave -n out` },
  );
}
