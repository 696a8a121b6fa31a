import { jobState } from "../../core/job_state.ts";
import { MusterError } from "../../core/errors.ts";
import type { Job, JobSpec } from "../../core/job.ts";
import { jobById } from "../store/jobs.ts";
import type { Db } from "../store/store.ts";
import type { QueueMemory } from "./memory.ts";
import type { UnfinishedJob } from "./unfinished_job.ts";

/** Every job that the spec waits for must exist. Throws `NotFound`. */
export function checkAfter(db: Db, spec: JobSpec): void {
  for (const { jobId } of spec.after) {
    if (jobById(db, jobId) !== null) continue;
    throw new MusterError(
      "NotFound",
      `Cannot submit job "${spec.name}": job "${jobId}" to wait for was not found`,
    );
  }
}

/** Finds out what the job still waits for, and whether it waits in vain. */
export function settleAfter(db: Db, memory: QueueMemory, job: UnfinishedJob): void {
  job.waitsFor.clear();
  for (const { jobId, when } of job.spec.after) {
    if (memory.jobs.has(jobId)) {
      job.waitsFor.add(jobId);
      continue;
    }
    // A job that was deleted had ended well: had it not, this one would have been killed then.
    const ended = jobById(db, jobId);
    if (ended !== null && when === "ok") job.doomed ??= failureOf(ended);
  }
}

/** A job ended: what waits for it may go on or is doomed. True if something may be placed now. */
export function releaseAfter(memory: QueueMemory, ended: Job): boolean {
  let released = false;
  for (const job of memory.jobs.values()) {
    if (!job.waitsFor.delete(ended.id)) continue;
    const needsSuccess = job.spec.after.some(({ jobId, when }) => jobId === ended.id && when === "ok");
    if (needsSuccess) job.doomed ??= failureOf(ended);
    released = true;
  }
  return released;
}

/** Why a job that needed this one's success cannot go on; null if it succeeded. */
function failureOf(ended: Job): string | null {
  const state = jobState(ended.counts);
  if (state === "complete") return null;
  return state === "killed" ? `job "${ended.spec.name}" was killed` : `job "${ended.spec.name}" failed`;
}
