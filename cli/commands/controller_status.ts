import type { StatusBody } from "../../core/api/fleet.ts";
import { formatDuration } from "../../core/quantity.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { countOf } from "../output/count_words.ts";
import { printJson } from "../output/json.ts";
import { fields } from "../output/table.ts";

/** `muster controller status`: where it is and whether it comes back after a reboot. Starts nothing. */
export async function run(_invocation: Invocation, context: Context): Promise<number> {
  const client = await context.runningClient("Cannot show the controller");
  const status = await client.status();
  if (context.json) printJson(context.output, status);
  else if (context.quiet) context.output.out(`${status.pid}\n`);
  else context.output.out(controllerText(status));
  return EXIT_DONE;
}

function controllerText(status: StatusBody): string {
  const { hosts } = status;
  return fields([
    ["url", status.url],
    ["pid", String(status.pid)],
    ["version", status.version],
    ["up", formatDuration(status.uptime)],
    [
      "agents",
      `${
        countOf(hosts.ready, "host")
      } ready, ${hosts.away} away, ${hosts.lost} lost; they dial ${status.agents_at}`,
    ],
    ["fleet", status.fleet],
    ["authority", status.ca_fingerprint ?? null],
    [
      "after a reboot",
      status.starts_at_boot ? "comes back" : "stays off (muster controller install brings it back)",
    ],
    ["refuses work", status.refusing],
  ]);
}
