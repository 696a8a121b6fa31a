import type { Client } from "../../clients/typescript/client.ts";
import type { HostBody } from "../../core/api/fleet.ts";
import { formatBytes } from "../../core/quantity.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { cpuWords, gpuUseWords, gpuWords, memoryWords, sampleLine } from "../host_words.ts";
import { printJson, printJsonLine } from "../output/json.ts";
import { oneLine } from "../output/plain.ts";
import { fields } from "../output/table.ts";
import { ago } from "../output/time_words.ts";
import { untilInterrupted } from "../until_interrupted.ts";

/** `muster host show HOST [--watch]`: all that is known of one machine, and what it uses. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const client = await context.client();
  const host = await client.host(invocation.word(0));
  if (invocation.flag("watch")) return await watch(client, host, context);
  if (context.json) printJson(context.output, host);
  else context.output.out(hostText(host, context.clock.now()));
  return EXIT_DONE;
}

/** A line a sample, until Ctrl-C. */
async function watch(client: Client, host: HostBody, context: Context): Promise<number> {
  if (host.sample === null && host.state !== "ready") {
    context.output.err(`Host ${oneLine(host.name)} is ${host.state}; samples come when it is back\n`);
  }
  return await untilInterrupted(context, async (signal) => {
    for await (const sample of client.watchSamples(host.id, { signal })) {
      if (context.json) printJsonLine(context.output, sample);
      else context.output.out(`${sampleLine(host, sample)}\n`);
    }
  });
}

function hostText(host: HostBody, nowMs: number): string {
  const labels = Object.entries(host.labels).map(([name, value]) => `${name}=${value}`);
  return fields([
    ["host", `${host.name} (${host.id})`],
    ["state", host.state],
    ["refuses work", host.refusing],
    ["platform", host.platform],
    ["CPUs", cpuWords(host, host.sample)],
    ["memory", memoryWords(host, host.sample)],
    ["GPUs", gpuWords(host.gpus)],
    ...(host.sample?.gpus ?? []).map((gpu) => [`GPU ${gpu.index}`, gpuUseWords(host, gpu)] as const),
    [
      "disk",
      host.disk === null ? null : `${formatBytes(host.disk.free)} free of ${formatBytes(host.disk.total)}`,
    ],
    ["running", host.running],
    ["labels", labels.length === 0 ? null : labels.join(", ")],
    ["agent", host.agent_version],
    ["seen", ago(host.last_seen_at, nowMs)],
    ["sampled", host.sample === null ? null : ago(host.sample.at, nowMs)],
  ]);
}
