import { isEnded } from "../../core/job_state.ts";
import type { Job } from "../../core/job.ts";
import { pause } from "../../system/pause.ts";
import { jobBody } from "./bodies.ts";
import type { ServerEvent } from "./event_stream.ts";
import type { ApiParts } from "./parts.ts";
import { createWake } from "./wake.ts";

/** Smallest time between two events of one watch, in milliseconds. */
const COALESCE_MS = 100;

/** The job now, after its changes (at most ten a second), and when it has ended; done then, or when it is deleted. */
export async function* watchedJob(
  { queue }: Pick<ApiParts, "queue">,
  job: Job,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const wake = createWake();
  const stop = queue.onJobChange(job.id, () => wake.ring());
  try {
    for (let now: Job | null = queue.job(job.id) ?? job; now !== null; now = queue.job(job.id)) {
      yield { event: "job", data: jobBody(now, queue.waitingFor(now.id)) };
      if (isEnded(now.counts)) return;
      await pause(COALESCE_MS, signal);
      await wake.wait(signal);
      if (signal.aborted) return;
    }
  } finally {
    stop();
  }
}
