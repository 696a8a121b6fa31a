import { MusterError } from "../../core/errors.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";

/** `muster agent start`: this machine takes work until Ctrl-C. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const executor = executorOf(invocation.text("executor") ?? context.env("MUSTER_EXECUTOR"));
  if (invocation.flag("detach")) return await startDetached(executor, context);
  const role = await context.roles.agent();
  return await role.runAgent({
    executor,
    enroll: async (request) =>
      await (await context.runningClient("Cannot enroll this machine")).enroll(request),
    signal: context.ports.interrupts({ alsoTerm: true }),
  });
}

async function startDetached(executor: string, context: Context): Promise<number> {
  const { pid, log } = await context.ports.agents.start(context.home(), [`--executor=${executor}`]);
  if (context.json) printJson(context.output, { pid, log });
  else if (context.quiet) context.output.out(`${pid}\n`);
  else context.output.out(`Started an agent, pid ${pid}; its log is ${log}\n`);
  return EXIT_DONE;
}

function executorOf(word = "process"): "process" | "noop" {
  if (word === "process" || word === "noop") return word;
  throw new MusterError(
    "InvalidInput",
    `Cannot start an agent with executor "${word}": it is process or noop`,
  );
}
