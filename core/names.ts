import { MusterError } from "./errors.ts";
import type { Command } from "./job.ts";

const MAX_LENGTH = 100;

/**
 * The name, if it can be a job's: letters, digits, `.`, `_` and `-`, a letter or digit first, 100 characters or
 * fewer, not digits alone, and not `last`, which means the newest job. Else throws `InvalidInput`.
 */
export function checkJobName(name: string): string {
  if (/^\d+$/.test(name)) throw refused("job", name, "digits alone are no name");
  if (name === "last") throw refused("job", name, "it means the newest job");
  return checkName("job", name);
}

/** The name, if it can be a host's or pool's: as a job's, but digits alone will do. Else throws `InvalidInput`. */
export function checkHostName(name: string): string {
  return checkName("host", name);
}

/** A job name from what it runs: the program's, or that of the script an interpreter is given. `job` if none fits. */
export function defaultJobName(command: Command): string {
  const words = "argv" in command ? command.argv : command.shell.trim().split(/\s+/);
  const [program = "", script = ""] = words;
  const isScript = INTERPRETERS.test(baseName(program)) && /^[^-].*\.\w+$/.test(script);
  const name = isScript ? baseName(script).replace(/\.\w+$/, "") : baseName(program);
  const clean = name.replace(/\{[^}]*\}?/g, "").replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "").slice(0, MAX_LENGTH);
  return clean === "" || clean === "last" || /^\d+$/.test(clean) ? "job" : clean;
}

const INTERPRETERS = /^(python|perl|ruby|node|deno|julia|Rscript|sh|bash|dash|zsh)[\d.]*$/;

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function checkName(what: string, name: string): string {
  if (name.length > MAX_LENGTH) {
    throw refused(what, `${name.slice(0, 30)}...`, "wanted 100 characters or fewer");
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    throw refused(what, name, "wanted letters, digits, ., _ and -, beginning with a letter or digit");
  }
  return name;
}

function refused(what: string, name: string, why: string): MusterError {
  return new MusterError("InvalidInput", `Cannot name a ${what} ${JSON.stringify(name)}: ${why}`);
}
