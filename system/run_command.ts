import { MusterError } from "../core/errors.ts";

/** How a helper of the system ended. */
export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Ends the program by SIGTERM; its outcome is then that of a program so ended. */
  readonly signal?: AbortSignal;
}

/** Runs an argument vector without a shell and without input. Rejects with `NotFound` if there is no such program. */
export type CommandRunner = (argv: readonly string[], options?: CommandOptions) => Promise<CommandOutcome>;

export const runCommand: CommandRunner = async (argv, options = {}) => {
  try {
    return outcomeOf(await command(argv, options).output());
  } catch (cause) {
    throw explained(argv, cause);
  }
};

/** As {@linkcode runCommand}, holding everything up until the program ends: for what answers at once. */
export function runCommandSync(argv: readonly string[]): CommandOutcome {
  try {
    return outcomeOf(command(argv, {}).outputSync());
  } catch (cause) {
    throw explained(argv, cause);
  }
}

function command([program = "", ...args]: readonly string[], options: CommandOptions): Deno.Command {
  return new Deno.Command(program, { args, stdin: "null", ...options });
}

function outcomeOf({ code, stdout, stderr }: Deno.CommandOutput): CommandOutcome {
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function explained([program]: readonly string[], cause: unknown): unknown {
  if (!(cause instanceof Deno.errors.NotFound)) return cause;
  return new MusterError("NotFound", `Cannot run "${program}": there is no such program on this machine`, {
    cause,
  });
}
