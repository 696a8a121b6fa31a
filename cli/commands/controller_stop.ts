import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";
import { stopController } from "../stop_controller.ts";

/** `muster controller stop`: ends the controller of this machine. Running tasks go on at their hosts. */
export async function run(_invocation: Invocation, context: Context): Promise<number> {
  const home = context.home();
  if (!await context.ports.starter.answers(home)) {
    if (context.json) printJson(context.output, { stopped: false });
    else if (!context.quiet) context.output.err("No controller runs on this machine\n");
    return EXIT_DONE;
  }
  await stopController(context);
  if (context.json) printJson(context.output, { stopped: true });
  else if (!context.quiet) context.output.out("Stopped the controller; tasks go on at their hosts\n");
  return EXIT_DONE;
}
