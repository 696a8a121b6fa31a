import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";
import { stopController } from "../stop_controller.ts";

/** `muster controller stop`: ends this machine's controller, or the one that is named. Running tasks go on at their hosts. */
export async function run(_invocation: Invocation, context: Context): Promise<number> {
  if (!await context.meansLocal()) return await stopElsewhere(context);
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

/** Nobody here can see whether it is gone, only that it has accepted. */
async function stopElsewhere(context: Context): Promise<number> {
  const client = await context.runningClient("Cannot stop the controller");
  await client.shutdown();
  if (context.json) printJson(context.output, { stopped: true });
  else if (!context.quiet) context.output.out("The controller stops; tasks go on at their hosts\n");
  return EXIT_DONE;
}
