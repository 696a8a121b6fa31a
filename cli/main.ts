import { messageOf, MusterError } from "../core/errors.ts";
import { stripControls } from "../core/text.ts";
import { loadConfig } from "../system/config.ts";
import { type Home, musterHome } from "../system/home.ts";
import { type Invocation } from "./command.ts";
import { COMMANDS } from "./command_table.ts";
import { Connection } from "./connection.ts";
import type { Context } from "./context.ts";
import { EXIT_CODES, EXIT_DONE, EXIT_NOBODY_READS } from "./exit_codes.ts";
import { styleFor } from "./output/style.ts";
import { asksForJson, parseCommandLine } from "./parser.ts";
import { type Ports, realPorts } from "./ports.ts";
import type { Roles } from "./roles.ts";

/** Runs one command line and resolves with its exit code; never rejects. Errors are told on standard error. */
export async function runCli(
  argv: readonly string[],
  roles: Roles,
  ports: Ports = realPorts(),
): Promise<number> {
  try {
    const parsed = parseCommandLine(argv, COMMANDS);
    if (parsed.kind === "command") return await runCommand(parsed, roles, ports);
    ports.output.out(parsed.text);
    return EXIT_DONE;
  } catch (error) {
    return report(error, asksForJson(argv), ports);
  }
}

async function runCommand(
  { spec, invocation }: Extract<ReturnType<typeof parseCommandLine>, { kind: "command" }>,
  roles: Roles,
  ports: Ports,
): Promise<number> {
  const home = await lazyHome(ports.env);
  const connection = new Connection(ports, invocation.text("controller"), home);
  try {
    const context = createContext(invocation, { connection, home, roles, ports });
    const module = await spec.load();
    return await module.run(invocation, context);
  } finally {
    connection.close();
  }
}

interface ContextParts {
  readonly connection: Connection;
  readonly home: () => Home;
  readonly roles: Roles;
  readonly ports: Ports;
}

function createContext(invocation: Invocation, { connection, home, roles, ports }: ContextParts): Context {
  let interruption: AbortSignal | undefined;
  const interrupted = () => interruption ??= ports.interrupts();
  return {
    output: ports.output,
    terminal: ports.terminal,
    style: styleFor(ports.terminal.outIsTerminal, ports.env),
    json: isJson(invocation.text("output")),
    quiet: invocation.flag("quiet") ?? false,
    yes: invocation.flag("yes") ?? false,
    clock: ports.clock,
    env: ports.env,
    ports,
    roles,
    home,
    client: () => connection.client(interrupted),
    runningClient: (doing) => connection.runningClient(doing),
    meansLocal: () => connection.meansLocal(),
    interruption: interrupted,
  };
}

/** The home is found once, and what is wrong with it is told only when it is asked for. */
async function lazyHome(env: Ports["env"]): Promise<() => Home> {
  const outcome = await findHome(env).catch((error: unknown) => new HomeFault(error));
  return () => {
    if (outcome instanceof HomeFault) throw outcome.error;
    return outcome;
  };
}

async function findHome(env: Ports["env"]): Promise<Home> {
  const { dataDir } = await loadConfig(musterHome(env).config, env);
  return musterHome(env, dataDir);
}

class HomeFault {
  constructor(readonly error: unknown) {}
}

function isJson(format: string | undefined): boolean {
  if (format === undefined || format === "table") return false;
  if (format === "json") return true;
  throw new MusterError("InvalidInput", `Cannot print as "${format}": --output takes table or json`);
}

/** Tells a person or a program about the error and answers the exit code. */
function report(error: unknown, asJson: boolean, ports: Ports): number {
  if (error instanceof Deno.errors.BrokenPipe) return EXIT_NOBODY_READS;
  const fault = error instanceof MusterError ? error : unexpected(error);
  try {
    ports.output.err(asJson ? errorJson(fault) : errorText(fault));
    if (ports.env("MUSTER_LOG") === "debug") ports.output.err(stackOf(error));
  } catch {
    // Nobody reads what we say; the exit code still tells.
  }
  return EXIT_CODES[fault.code];
}

function unexpected(error: unknown): MusterError {
  return new MusterError("Internal", `Cannot go on: ${messageOf(error)}`, {
    hint: "This is a fault of Muster's. MUSTER_LOG=debug shows where it happened",
    cause: error,
  });
}

function errorText(fault: MusterError): string {
  const hint = fault.hint === undefined ? "" : `hint: ${stripControls(fault.hint)}\n`;
  return `muster: ${stripControls(fault.message)}\n${hint}`;
}

function errorJson(fault: MusterError): string {
  const hint = fault.hint === undefined ? {} : { hint: fault.hint };
  return JSON.stringify({ error: { code: fault.code, message: fault.message, ...hint } }) + "\n";
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const cause = error.cause === undefined ? "" : `caused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}\n${cause}`;
}
