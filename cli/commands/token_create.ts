import type { StatusBody } from "../../core/api/fleet.ts";
import { MusterError } from "../../core/errors.ts";
import { parseDuration } from "../../core/quantity.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";

const ROLES = ["owner", "submit", "read"] as const;

/** `muster token create NAME`: the token goes to standard output, alone; it is shown this once. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const name = invocation.word(0);
  const role = roleOf(invocation.text("role") ?? "submit");
  const expires = invocation.text("expires");
  const expiresIn = expires === undefined ? null : parseDuration(expires);
  const client = await context.runningClient("Cannot create a token");
  const created = await client.createToken({ name, role, expires_in: expiresIn });
  if (context.json) {
    printJson(context.output, created);
    return EXIT_DONE;
  }
  if (!context.quiet) {
    const login = loginWords(await client.status());
    context.output.err(
      `Token ${created.id} for "${name}" may ${RIGHTS[role]}${login}. It is shown this once:\n`,
    );
  }
  context.output.out(`${created.token}\n`);
  return EXIT_DONE;
}

/** How another machine uses it; a controller on loopback has no other machines. */
function loginWords({ url, ca_fingerprint: fingerprint }: StatusBody): string {
  if (!url.startsWith("https:") || fingerprint === undefined) return "";
  return `; muster login ${url} --ca ${fingerprint} takes it on standard input`;
}

const RIGHTS = {
  owner: "do everything",
  submit: "submit jobs and see them",
  read: "see everything and change nothing",
} as const satisfies Record<(typeof ROLES)[number], string>;

function roleOf(word: string): (typeof ROLES)[number] {
  const role = ROLES.find((each) => each === word);
  if (role !== undefined) return role;
  throw new MusterError(
    "InvalidInput",
    `Cannot create a token of role "${word}": roles are ${ROLES.join(", ")}`,
  );
}
