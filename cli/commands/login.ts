import { MusterError } from "../../core/errors.ts";
import {
  type KnownController,
  LOCAL_CONTEXT,
  readClientFile,
  writeClientFile,
} from "../../system/client_file.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { addressOf, parseControllerUrl } from "../controller_address.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";

/** `muster login URL --ca SHA256:…`: keeps the controller's address and a token for it. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const url = parseControllerUrl(invocation.word(0));
  const name = contextName(invocation.text("name"), url);
  const authority = await authorityOf(url, invocation.text("ca"), context);
  const token = await context.ports.readSecret(`Token for ${url}: `);
  if (token === "") {
    throw new MusterError("InvalidInput", `Cannot log in to "${url}": no token came on standard input`, {
      hint: "On the controller's machine: muster token create laptop",
    });
  }
  const known: KnownController = { url, token, ...authority };
  await tryToken(known, context);
  const path = context.home().client;
  const file = await readClientFile(path);
  await writeClientFile(path, { current: name, contexts: { ...file.contexts, [name]: known } });
  if (context.json) printJson(context.output, { current: name, url });
  else if (!context.quiet) {
    context.output.out(`Logged in to ${url} as context "${name}"; commands now talk to it\n`);
  }
  return EXIT_DONE;
}

function contextName(typed: string | undefined, url: string): string {
  const name = typed ?? new URL(url).hostname;
  if (name !== LOCAL_CONTEXT && /^[A-Za-z0-9[][A-Za-z0-9.:_\]-]*$/.test(name)) return name;
  throw new MusterError(
    "InvalidInput",
    `Cannot name a context "${name}": it takes letters, digits, ".", "_" and "-", and "${LOCAL_CONTEXT}" is taken`,
  );
}

/** The authority that the controller shows, if it is the one a person named by its fingerprint. */
async function authorityOf(
  url: string,
  fingerprint: string | undefined,
  { ports }: Context,
): Promise<Pick<KnownController, "ca" | "serverName">> {
  if (url.startsWith("http:")) return {};
  if (fingerprint === undefined) {
    throw new MusterError("InvalidInput", `Cannot log in to "${url}": --ca is missing`, {
      hint: "On the controller's machine, muster controller status shows the fingerprint",
    });
  }
  return await ports.authority(url, fingerprint);
}

/** Asks for the controller's status, so that a wrong token is told now and nothing is kept. */
async function tryToken(known: KnownController, { ports }: Context): Promise<void> {
  const client = await ports.createClient(addressOf(known));
  try {
    await client.status();
  } finally {
    client.close();
  }
}
