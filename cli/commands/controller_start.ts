import { resolve } from "node:path";
import type { Client } from "../../clients/typescript/client.ts";
import { formatListen, parseListen } from "../../core/config.ts";
import { MusterError } from "../../core/errors.ts";
import { musterHome } from "../../system/home.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";
import type { ControllerOptions } from "../roles.ts";

/** `muster controller start [--detach]`: runs the controller here until Ctrl-C, or in the background. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const options = startOptions(invocation, context.ports.cwd());
  if (invocation.flag("detach")) return await startDetached(options, context);
  const role = await context.roles.controller();
  return await role.runController({
    ...options,
    // Started by another command, nobody is at the other end of our streams.
    detached: invocation.flag("background") ?? false,
    signal: context.ports.interrupts({ alsoTerm: true }),
  });
}

type StartOptions = Pick<ControllerOptions, "listen" | "agentListen" | "dataDir">;

function startOptions(invocation: Invocation, cwd: string): StartOptions {
  const listen = invocation.text("listen");
  const agentListen = invocation.text("agentListen");
  const dataDir = invocation.text("dataDir");
  return {
    ...listen === undefined ? {} : { listen: formatListen(parseListen(listen, "--listen")) },
    ...agentListen === undefined
      ? {}
      : { agentListen: formatListen(parseListen(agentListen, "--agent-listen")) },
    ...dataDir === undefined ? {} : { dataDir: resolve(cwd, dataDir) },
  };
}

async function startDetached(options: StartOptions, context: Context): Promise<number> {
  const { starter } = context.ports;
  const home = options.dataDir === undefined ? context.home() : musterHome(context.env, options.dataDir);
  const running = await starter.answers(home);
  if (!running) {
    const host = await starter.elsewhere(home);
    if (host !== null) {
      throw new MusterError(
        "Conflict",
        `Cannot start a controller: that of "${home.root}" lives on "${host}"`,
        {
          hint: `Run this on ${host}, or set MUSTER_HOME to another directory`,
        },
      );
    }
    await starter.start(home, flagsOf(options), context.interruption());
  }
  const client = await context.ports.createClient({ kind: "socket", path: home.controller.socket });
  try {
    return await report(client, running, context);
  } finally {
    client.close();
  }
}

async function report(client: Client, wasRunning: boolean, context: Context): Promise<number> {
  const status = await client.status();
  if (context.json) printJson(context.output, status);
  else if (context.quiet) context.output.out(`${status.pid}\n`);
  else {
    const what = wasRunning ? "A controller already runs" : "Started a controller";
    context.output.out(`${what} at ${status.url}, pid ${status.pid} (muster controller stop ends it)\n`);
  }
  return EXIT_DONE;
}

function flagsOf({ listen, agentListen, dataDir }: StartOptions): readonly string[] {
  return [
    ...listen === undefined ? [] : [`--listen=${listen}`],
    ...agentListen === undefined ? [] : [`--agent-listen=${agentListen}`],
    ...dataDir === undefined ? [] : [`--data-dir=${dataDir}`],
  ];
}
