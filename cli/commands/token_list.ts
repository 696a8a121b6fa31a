import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";
import { table } from "../output/table.ts";
import { ago } from "../output/time_words.ts";

/** `muster token list`: who may come in; never the tokens themselves. */
export async function run(_invocation: Invocation, context: Context): Promise<number> {
  const client = await context.runningClient("Cannot list the tokens");
  const page = await client.tokens({ limit: 1000 });
  if (context.json) {
    printJson(context.output, page);
    return EXIT_DONE;
  }
  if (page.items.length === 0) {
    context.output.out("No tokens. To let another machine in: muster token create laptop\n");
    return EXIT_DONE;
  }
  const now = context.clock.now();
  const rows = page.items.map((token) => [
    token.id,
    token.name,
    token.role,
    ago(token.created_at, now),
    token.last_used_at === null ? "never" : ago(token.last_used_at, now),
    token.revoked_at !== null ? "revoked" : expiryWords(token.expires_at, now),
  ]);
  context.output.out(await table(["ID", "NAME", "ROLE", "CREATED", "USED", "VALID"], rows));
  return EXIT_DONE;
}

function expiryWords(expiresAt: string | null, nowMs: number): string {
  if (expiresAt === null) return "for ever";
  return Date.parse(expiresAt) <= nowMs ? "expired" : `until ${expiresAt.slice(0, 16).replace("T", " ")} UTC`;
}
