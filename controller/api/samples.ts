import type { TakenSample } from "../../core/host.ts";
import { sampleBody } from "./bodies.ts";
import type { ServerEvent } from "./event_stream.ts";
import type { ApiParts } from "./parts.ts";
import { createWake } from "./wake.ts";

/** What the host used last, then each new sample; a slow reader gets the newest. Waits while the host is away. */
export async function* watchedSamples(
  { fleet }: Pick<ApiParts, "fleet">,
  hostId: string,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const wake = createWake();
  let latest: TakenSample | null = fleet.sample(hostId);
  const stop = fleet.watchSamples(hostId, (sample) => {
    latest = sample;
    wake.ring();
  });
  try {
    while (!signal.aborted) {
      const sample: TakenSample | null = latest;
      latest = null;
      if (sample !== null) yield { event: "sample", data: sampleBody(sample) };
      if (latest === null) await wake.wait(signal);
    }
  } finally {
    stop();
  }
}
