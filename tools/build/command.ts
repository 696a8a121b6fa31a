/** What a finished command left. */
export interface Finished {
  readonly success: boolean;
  /** Both streams, one after the other, without terminal colours. */
  readonly output: string;
}

/** Makes deno's messages short and plain. */
export const TOOL_ENVIRONMENT = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", RUST_BACKTRACE: "0" } as const;

/** True where `V=1` asks for everything that the tools print. */
export function isVerbose(): boolean {
  return Deno.env.get("V") === "1";
}

/** Runs a command to its end and keeps what it printed; with `V=1` that also goes to stderr. */
export async function runCommand(argv: readonly [string, ...string[]]): Promise<Finished> {
  const [command, ...args] = argv;
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    env: TOOL_ENVIRONMENT,
    stdin: "null",
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (isVerbose()) await say(`+ ${argv.join(" ")}\n${output}`);
  return { success, output };
}

/** Writes a line about the build to stderr. */
export async function say(line: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(`${line.replace(/\n$/, "")}\n`));
}
