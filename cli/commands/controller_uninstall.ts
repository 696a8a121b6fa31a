import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { uninstallService } from "../service/install.ts";

/** `muster controller uninstall`: takes back what install did. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  return await uninstallService(context, { dryRun: invocation.flag("dryRun") ?? false });
}
