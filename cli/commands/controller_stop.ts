import { MusterError } from "../../core/errors.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";

/** It finishes what it writes and says goodbye to its agents: far less than this. */
const STOP_LIMIT_MS = 30_000;

/** `muster controller stop`: ends the controller of this machine. Running tasks go on at their hosts. */
export async function run(_invocation: Invocation, context: Context): Promise<number> {
  const home = context.home();
  if (!await context.ports.starter.answers(home)) {
    if (context.json) printJson(context.output, { stopped: false });
    else if (!context.quiet) context.output.err("No controller runs on this machine\n");
    return EXIT_DONE;
  }
  const client = await context.ports.createClient({ kind: "socket", path: home.controller.socket });
  try {
    await client.shutdown();
  } finally {
    client.close();
  }
  if (!await context.ports.starter.ends(home, STOP_LIMIT_MS)) {
    throw new MusterError(
      "Internal",
      `Cannot stop the controller: it still answers after ${STOP_LIMIT_MS / 1000} s`,
    );
  }
  if (context.json) printJson(context.output, { stopped: true });
  else if (!context.quiet) context.output.out("Stopped the controller; tasks go on at their hosts\n");
  return EXIT_DONE;
}
