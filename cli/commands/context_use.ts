import { MusterError } from "../../core/errors.ts";
import { nearest } from "../../core/suggest.ts";
import { LOCAL_CONTEXT, readClientFile, writeClientFile } from "../../system/client_file.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";

/** `muster context use NAME`: which controller commands talk to from now on. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const name = invocation.word(0);
  const path = context.home().client;
  const file = await readClientFile(path);
  if (name !== LOCAL_CONTEXT && !Object.hasOwn(file.contexts, name)) {
    throw unknown(name, Object.keys(file.contexts));
  }
  await writeClientFile(path, { ...file, current: name === LOCAL_CONTEXT ? null : name });
  if (context.json) printJson(context.output, { current: name });
  else if (!context.quiet) context.output.out(`Commands now talk to "${name}"\n`);
  return EXIT_DONE;
}

function unknown(name: string, known: readonly string[]): MusterError {
  const close = nearest(name, [LOCAL_CONTEXT, ...known]);
  return new MusterError("NotFound", `Cannot use context "${name}": there is none of this name`, {
    hint: close === undefined ? "muster context list shows the contexts" : `Did you mean "${close}"?`,
  });
}
