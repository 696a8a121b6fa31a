import type { Launch } from "./executors/executor.ts";
import { attemptKey } from "./attempt_ref.ts";

/**
 * What an attempt sees beside the login environment its lane was started with. The job's own variables come last
 * and may replace any but `MUSTER_TASK`, by which its processes are found again.
 */
export function taskEnvironment(launch: Launch): Record<string, string> {
  const { ref, job, env } = launch.assignment;
  const gpus: Record<string, string> = launch.gpus.length === 0
    ? {}
    : { CUDA_VISIBLE_DEVICES: launch.gpus.join(",") };
  return {
    TMPDIR: `${launch.directory}/tmp`,
    MUSTER_JOB: ref.jobId,
    MUSTER_JOB_NAME: job.jobName,
    MUSTER_INDEX: String(ref.index),
    MUSTER_ATTEMPT: String(ref.attempt),
    ...gpus,
    ...env,
    MUSTER_TASK: attemptKey(ref),
  };
}
