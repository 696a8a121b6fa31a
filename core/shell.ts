import { MusterError } from "./errors.ts";
import type { Command } from "./job.ts";

/** Words that no POSIX shell reads in any special way. A word that begins with a dash may hold `=` too. */
const PLAIN = /^(?:[A-Za-z0-9_@%+:,.\/-]+|-[A-Za-z0-9_@%+:,.\/=-]+)$/;

/** Reserved words would be read as such where a command stands. */
const RESERVED = new Set(
  "case do done elif else esac fi for function if in select then time until while coproc".split(" "),
);

/** The word as a POSIX shell reads it back: as it is if nothing in it is special, else in single quotes. */
export function shellQuote(word: string): string {
  return isPlainWord(word) ? word : shellQuoteAlways(word);
}

/** The word in single quotes. Throws `InvalidInput` for a NUL, which no argument can hold. */
export function shellQuoteAlways(word: string): string {
  if (word.includes("\0")) {
    throw new MusterError("InvalidInput", `Cannot pass ${JSON.stringify(word)} to a command: it holds a NUL`);
  }
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Whether a shell reads the word as itself wherever it stands. */
export function isPlainWord(word: string): boolean {
  return PLAIN.test(word) && !RESERVED.has(word);
}

/** The words as one line of shell. */
export function shellWords(words: readonly string[]): string {
  return words.map(shellQuote).join(" ");
}

/**
 * What the script leaves in the directory it was started in when the command was never tried: the task's directory
 * could not be entered. It exits with 125 then, but only the file tells that from a command's own 125.
 */
export const NOT_STARTED_FILE = "nostart";

/** What the script of an attempt is made of. */
export interface RunScript {
  /** One line of JSON for whoever finds the attempt's directory again. */
  readonly header: string;
  /** Absolute directory the command runs in. */
  readonly directory: string;
  /** The directory is the user's own: if it cannot be entered, that is the command's failure and not the host's. */
  readonly isInPlace?: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly command: Command;
}

/**
 * The script `run` of an attempt, for dash, bash and busybox. It is to be sourced (`. ./run`) in a subshell whose
 * current directory is the attempt's; the last command replaces the subshell, so its exit code is the command's.
 * Exit code 127 comes with the PATH that was searched. Throws `InvalidInput` for a bad environment name or a NUL.
 */
export function renderRunScript(input: RunScript): string {
  if (/[\r\n]/.test(input.header)) throw new TypeError("The header of a run script must be one line");
  const exports = Object.entries(input.env).map(([name, value]) =>
    `export ${checkEnvName(name)}=${shellQuote(value)}`
  );
  return [
    `# ${input.header}`,
    `cd ${cdArgument(input.directory)} || ${
      input.isInPlace ? "exit 126" : `{ : >${NOT_STARTED_FILE}; exit 125; }`
    }`,
    ...exports,
    ...commandLines(input.command),
    "",
  ].join("\n");
}

/** Variables that bash holds read-only; assigning to one would end the script before the command. */
const READ_ONLY = new Set(["BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"]);

/** The name, if a shell can export it; else throws `InvalidInput`. */
export function checkEnvName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new MusterError(
      "InvalidInput",
      `Cannot set environment variable ${JSON.stringify(name)}: ` +
        "wanted letters, digits and _, not beginning with a digit",
    );
  }
  if (READ_ONLY.has(name)) {
    throw new MusterError(
      "InvalidInput",
      `Cannot set environment variable "${name}": shells keep it read-only`,
    );
  }
  return name;
}

/** `cd` reads `-` and options; and CDPATH, but only for a path that is not absolute. */
function cdArgument(directory: string): string {
  if (!directory.startsWith("/")) throw new TypeError(`Not an absolute directory: ${directory}`);
  return shellQuote(directory);
}

function commandLines(command: Command): string[] {
  if ("shell" in command) return [`exec /bin/sh -c ${shellQuoteAlways(afterOptions(command.shell))}`];
  const [program] = command.argv;
  if (program === undefined) throw new TypeError("A command needs a first word");
  // dash has no `exec --`: a word that begins with a dash is run as a plain command, whose code is then the script's.
  if (program.startsWith("-")) return [shellWords(command.argv)];
  const run = `exec ${shellWords(command.argv)}`;
  return program.includes("/") ? [run] : [searchLine(program), run];
}

/** `sh -c` would read a text that begins with a dash or plus as options. */
function afterOptions(text: string): string {
  return /^[-+]/.test(text) ? ` ${text}` : text;
}

/** Says which PATH was searched in vain; a builtin, so it costs no process. */
function searchLine(program: string): string {
  const name = shellQuote(program);
  return `command -v ${name} >/dev/null || ` +
    `{ printf 'muster: Cannot run "%s": not found in PATH=%s\\n' ${name} "$PATH" >&2; exit 127; }`;
}
