import { resolve } from "node:path";
import type { SubmitBody } from "../core/api/jobs.ts";
import { relativeFileArguments } from "../core/command.ts";
import { MusterError } from "../core/errors.ts";
import type { ParameterFile } from "./parameter_file.ts";

/** Rows whose values are looked up: a table that names relative files does so from the start. */
const ROWS_LOOKED_AT = 20;

/**
 * Throws `InvalidInput` if a word of the command names a file that is here but will not be where the task runs: a
 * task starts in a directory of its own unless it is told to run in place.
 */
export async function refuseUnsentFiles(
  body: Pick<SubmitBody, "command" | "directory">,
  parameters: ParameterFile | undefined,
  cwd: string,
): Promise<void> {
  if (typeof body.directory === "string") return;
  const words = "argv" in body.command ? body.command.argv : body.command.shell.split(/\s+/);
  for (const word of filledWords(words, parameters)) {
    for (const path of relativeFileArguments(["", word])) {
      if (await isFile(resolve(cwd, path))) throw unsent(path);
    }
  }
  for (const path of relativeFileArguments(words.slice(0, 1))) {
    if (await isFile(resolve(cwd, path))) throw unsent(path);
  }
}

/** The words after the first, and what the first rows put in place of those that are one `{column}`. */
function filledWords(words: readonly string[], parameters: ParameterFile | undefined): readonly string[] {
  const rest = words.slice(1);
  if (parameters === undefined) return rest;
  const { columns, rows } = parameters.table;
  const filledIn = columns
    .map((column, at) => ({ isUsed: rest.includes(`{${column}}`), at }))
    .filter(({ isUsed }) => isUsed)
    .flatMap(({ at }) => rows.slice(0, ROWS_LOOKED_AT).map((row) => row[at] ?? ""));
  return [...rest, ...filledIn];
}

function unsent(path: string): MusterError {
  return new MusterError(
    "InvalidInput",
    `Cannot submit: "${path}" is a file here, and a task starts in an empty directory elsewhere`,
    { hint: "--here runs the tasks in this directory; an absolute path names a file on the host" },
  );
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}
