import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";

/** `muster token revoke ID`: it opens nothing from now on. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const token = invocation.word(0);
  const client = await context.runningClient("Cannot revoke a token");
  await client.revokeToken(token);
  if (context.json) printJson(context.output, { revoked: token });
  else if (!context.quiet) context.output.out(`Revoked token ${token}\n`);
  return EXIT_DONE;
}
