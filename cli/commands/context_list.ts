import { LOCAL_CONTEXT, readClientFile } from "../../system/client_file.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";
import { table } from "../output/table.ts";

/** `muster context list`: the controllers this machine knows; `local` is its own. */
export async function run(_invocation: Invocation, context: Context): Promise<number> {
  const file = await readClientFile(context.home().client);
  const current = file.current ?? LOCAL_CONTEXT;
  const known = [
    {
      name: LOCAL_CONTEXT,
      url: `unix:${context.home().controller.socket}`,
      current: current === LOCAL_CONTEXT,
    },
    // Its entry in client.json is for programs that speak TCP.
    ...Object.entries(file.contexts)
      .filter(([name]) => name !== LOCAL_CONTEXT)
      .map(([name, { url }]) => ({ name, url, current: name === current })),
  ];
  if (context.json) {
    printJson(context.output, { items: known });
    return EXIT_DONE;
  }
  const rows = known.map(({ name, url, current }) => [current ? "*" : "", name, url]);
  context.output.out(await table(["", "NAME", "CONTROLLER"], rows));
  return EXIT_DONE;
}
