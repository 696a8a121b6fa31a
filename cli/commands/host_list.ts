import type { HostBody } from "../../core/api/fleet.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { gpuWords } from "../host_words.ts";
import { printJson } from "../output/json.ts";
import { formatBytes } from "../../core/quantity.ts";
import { type Cell, table } from "../output/table.ts";
import { ago } from "../output/time_words.ts";

/** The API's largest page; a fleet of more hosts is read on in the JSON's pages. */
const LIMIT = 1000;

/** `muster host list`: the machines of the fleet. */
export async function run(_invocation: Invocation, context: Context): Promise<number> {
  const client = await context.client();
  const page = await client.hosts({ limit: LIMIT });
  if (context.json) printJson(context.output, page);
  else if (context.quiet) page.items.forEach((host) => context.output.out(`${host.name}\n`));
  else context.output.out(await hostsText(page.items, context));
  return EXIT_DONE;
}

async function hostsText(hosts: readonly HostBody[], { style, clock }: Context): Promise<string> {
  if (hosts.length === 0) return "No hosts yet. To make this machine one: muster agent start --detach\n";
  const rows = hosts.map((host): Cell[] => [
    host.name,
    { ours: style.state(host.state) },
    host.platform,
    String(host.cpus),
    formatBytes(host.memory),
    gpuWords(host.gpus),
    String(host.running),
    ago(host.last_seen_at, clock.now()),
    host.refusing ?? "",
  ]);
  const headings = ["NAME", "STATE", "PLATFORM", "CPUS", "MEMORY", "GPUS", "RUNNING", "SEEN", "REFUSES"];
  return await table(headings, rows, { right: ["CPUS", "MEMORY", "RUNNING"] });
}
