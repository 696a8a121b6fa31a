import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { SubmitBody } from "../core/api/jobs.ts";
import { commandFromWords } from "../core/command.ts";
import { MusterError } from "../core/errors.ts";
import { parseBytes, parseDuration } from "../core/quantity.ts";
import { checkEnvName } from "../core/shell.ts";
import type { Invocation } from "./command.ts";
import { MAX_ROWS } from "../core/parameters.ts";

/** The body of a submission, all but the parameter table. Throws `InvalidInput` for flags that make no sense. */
export function submitBody(invocation: Invocation, { cwd }: { readonly cwd: string }): SubmitBody {
  refuseTogether(invocation, "seq", "params");
  refuseTogether(invocation, "here", "cd");
  const command = commandFromWords(invocation.words, (path) => isFile(resolve(cwd, path)));
  return {
    ...present("name", invocation.text("name")),
    command: "argv" in command ? { argv: [...command.argv] } : command,
    ...present("seq", invocation.count("seq", { what: "--seq", min: 1, max: MAX_ROWS })),
    ...present("retries", invocation.count("retries", { what: "--retries", min: 0, max: 1000 })),
    ...present("timeout", mapped(invocation.text("timeout"), overZero("--timeout", parseDuration))),
    ...present("cpus", mapped(invocation.text("cpus"), parseCpus)),
    ...present("memory", mapped(invocation.text("memory"), overZero("--memory", parseBytes))),
    ...present("gpus", invocation.count("gpus", { what: "--gpus", min: 0, max: 1024 })),
    ...present("env", filled(pairs(invocation.list("env"), "--env", checkEnvName))),
    ...present("directory", directoryOf(invocation, cwd)),
    ...present("results", someOf(invocation.list("results"))),
    ...present("on", someOf(invocation.list("on"))),
    ...present("after", someOf(invocation.list("after").map(parseAfter))),
    ...present("labels", filled(pairs(invocation.list("label"), "--label", (name) => name))),
  };
}

/** `JOB`, `JOB:ok` (every task complete) or `JOB:any` (ended). Throws `InvalidInput` for another word. */
function parseAfter(text: string): { readonly job: string; readonly when: "ok" | "any" } {
  const [job = "", when = "ok", ...rest] = text.split(":");
  if (job !== "" && rest.length === 0 && (when === "ok" || when === "any")) return { job, when };
  throw new MusterError("InvalidInput", `Cannot use --after "${text}": it takes JOB, JOB:ok or JOB:any`);
}

/** `NAME=VALUE` words as a record. The error names only what stands before `=`: a value may be private. */
function pairs(
  words: readonly string[],
  flag: string,
  checkName: (name: string) => string,
): Record<string, string> {
  return Object.fromEntries(words.map((word) => {
    const at = word.indexOf("=");
    if (at > 0) return [checkName(word.slice(0, at)), word.slice(at + 1)];
    throw new MusterError(
      "InvalidInput",
      `Cannot use ${flag} "${at === 0 ? "=…" : word}": it takes NAME=VALUE`,
    );
  }));
}

function parseCpus(text: string): number {
  const value = /^\d+(\.\d+)?$|^\.\d+$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new MusterError(
    "InvalidInput",
    `Cannot use --cpus "${text}": it takes a number over 0, like 2 or 0.5`,
  );
}

/** `parse`, but for a quantity of nothing: no task could run within it. */
function overZero(flag: string, parse: (text: string) => number): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (value > 0) return value;
    throw new MusterError("InvalidInput", `Cannot use ${flag} "${text}": it takes more than 0`);
  };
}

function directoryOf(invocation: Invocation, cwd: string): string | undefined {
  const directory = invocation.text("cd");
  if (directory !== undefined) return resolve(cwd, directory);
  return invocation.flag("here") ? cwd : undefined;
}

function refuseTogether(invocation: Invocation, first: string, second: string): void {
  if (invocation.values[first] === undefined || invocation.values[second] === undefined) return;
  throw new MusterError("InvalidInput", `Cannot submit: --${first} and --${second} exclude each other`);
}

/** What cannot be looked up, like a shell line longer than any file's name, is no file. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function mapped<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}

function someOf<T>(values: readonly T[]): T[] | undefined {
  return values.length === 0 ? undefined : [...values];
}

function filled(record: Record<string, string>): Record<string, string> | undefined {
  return Object.keys(record).length === 0 ? undefined : record;
}

/** `{name: value}`, or nothing where the value is undefined. */
function present<K extends string, T>(name: K, value: T | undefined): { [key in K]?: T } {
  return value === undefined ? {} : { [name]: value } as { [key in K]: T };
}
