import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { installService } from "../service/install.ts";

/** `muster controller install`: the controller comes back after a reboot. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  return await installService(context, { dryRun: invocation.flag("dryRun") ?? false });
}
