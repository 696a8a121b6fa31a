import { NOT_STARTED_FILE } from "../../core/shell.ts";
import type { Launch } from "../executors/executor.ts";
import { exists, readTextOrNull } from "../small_file.ts";
import type { ExitRecord } from "./exit_record.ts";
import { BEGUN_MARK, parseExitRecord } from "./exit_record.ts";

/** The code of a script that could not enter the task's directory; a command's own 125 leaves no such file. */
const NOT_STARTED_CODE = 125;
/** What shells answer for a command that does not exist. */
const MISSING_COMMAND_CODE = 127;

/** The complete record in an attempt's directory, or null. */
export function readExitRecord(directory: string): ExitRecord | null {
  const text = readTextOrNull(`${directory}/exit`);
  return text === null ? null : parseExitRecord(text);
}

/**
 * How far `exit` says an attempt came: `blank`, no lane has begun it; `begun`, a lane has, and has not recorded an end;
 * `ended`; `missing`, the task removed it.
 */
export type ExitState = "missing" | "blank" | "begun" | "ended";

export function readExitState(directory: string): ExitState {
  const text = readTextOrNull(`${directory}/exit`);
  if (text === null) return "missing";
  if (!text.startsWith(BEGUN_MARK)) return "blank";
  return parseExitRecord(text) === null ? "begun" : "ended";
}

/** Whether a lane has begun the attempt, as far as its files tell. */
export function hasBegun(directory: string): boolean {
  const state = readExitState(directory);
  return state === "begun" || state === "ended";
}

/** How much of the end of an output is searched for an explanation that is there already. */
const TAIL_BYTES = 4096;

/** Exit code 127 comes with the PATH that was searched; a shell of the command's own does not say it. */
export function explainMissingCommand(directory: string, path: string): void {
  const out = `${directory}/out`;
  if (tail(out).includes("PATH=")) return;
  Deno.writeTextFileSync(out, `muster: Exit code 127: a command was not found in PATH=${path}\n`, {
    append: true,
  });
}

function tail(path: string): string {
  using file = Deno.openSync(path);
  const { size } = file.statSync();
  file.seekSync(Math.max(0, size - TAIL_BYTES), Deno.SeekMode.Start);
  const buffer = new Uint8Array(TAIL_BYTES);
  return new TextDecoder().decode(buffer.subarray(0, file.readSync(buffer) ?? 0));
}

/** What the files of an attempt say of its beginning and end. `searchPath`: the PATH of the login environment. */
export function endFacts(
  launch: Launch,
  record: ExitRecord | null,
  hasRun: boolean,
  searchPath: string,
): { readonly record: ExitRecord | null; readonly hasBegun: boolean; readonly cannotEnter: boolean } {
  const cannotEnter = record?.exitCode === NOT_STARTED_CODE &&
    exists(`${launch.directory}/${NOT_STARTED_FILE}`);
  if (record?.exitCode === MISSING_COMMAND_CODE) {
    explainMissingCommand(launch.directory, launch.assignment.env["PATH"] ?? searchPath);
  }
  return { record, hasBegun: hasRun, cannotEnter };
}
