import type { Client, Page } from "../../clients/typescript/client.ts";
import type { HostBody } from "../../core/api/fleet.ts";
import { MusterError } from "../../core/errors.ts";
import { nearest } from "../../core/suggest.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { gpuWords } from "../host_words.ts";
import { printJson } from "../output/json.ts";
import { formatBytes } from "../../core/quantity.ts";
import { fields } from "../output/table.ts";
import { ago } from "../output/time_words.ts";

const PAGE = 1000;

/** `muster host show HOST`: all that is known of one machine. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const host = await findHost(await context.client(), invocation.word(0));
  if (context.json) printJson(context.output, host);
  else context.output.out(hostText(host, context.clock.now()));
  return EXIT_DONE;
}

async function findHost(client: Client, wanted: string): Promise<HostBody> {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<HostBody> = await client.hosts({ limit: PAGE, ...cursor === null ? {} : { cursor } });
    const found = page.items.find((host) => host.name === wanted || host.id === wanted);
    if (found !== undefined) return found;
    names.push(...page.items.map((host) => host.name));
    cursor = page.next_cursor;
  } while (cursor !== null);
  const close = nearest(wanted, names);
  throw new MusterError("NotFound", `Cannot show host "${wanted}": the fleet has no host of this name`, {
    hint: close === undefined ? "muster host list shows the hosts" : `Did you mean "${close}"?`,
  });
}

export function hostText(host: HostBody, nowMs: number): string {
  const labels = Object.entries(host.labels).map(([name, value]) => `${name}=${value}`);
  return fields([
    ["host", `${host.name} (${host.id})`],
    ["state", host.state],
    ["refuses work", host.refusing],
    ["platform", host.platform],
    ["CPUs", host.cpus],
    ["memory", formatBytes(host.memory)],
    ["GPUs", gpuWords(host.gpus)],
    [
      "disk",
      host.disk === null ? null : `${formatBytes(host.disk.free)} free of ${formatBytes(host.disk.total)}`,
    ],
    ["running", host.running],
    ["labels", labels.length === 0 ? null : labels.join(", ")],
    ["agent", host.agent_version],
    ["seen", ago(host.last_seen_at, nowMs)],
  ]);
}
