import { MusterError } from "../core/errors.ts";

/** How a helper of the system ended. */
export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an argument vector without a shell and without input. Rejects with `NotFound` if there is no such program. */
export type CommandRunner = (argv: readonly string[]) => Promise<CommandOutcome>;

export const runCommand: CommandRunner = async ([program = "", ...args]) => {
  const decoder = new TextDecoder();
  try {
    const outcome = await new Deno.Command(program, { args, stdin: "null" }).output();
    return {
      code: outcome.code,
      stdout: decoder.decode(outcome.stdout),
      stderr: decoder.decode(outcome.stderr),
    };
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new MusterError("NotFound", `Cannot run "${program}": there is no such program on this machine`, {
      cause,
    });
  }
};
