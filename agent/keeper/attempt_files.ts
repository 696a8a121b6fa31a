import { NOT_STARTED_FILE } from "../../core/shell.ts";
import type { Launch } from "../executors/executor.ts";
import { exists, readTextOrNull } from "../small_file.ts";
import type { ExitRecord } from "./exit_record.ts";
import { parseExitRecord } from "./exit_record.ts";

/** The code of a script that could not enter the task's directory; a command's own 125 leaves no such file. */
const NOT_STARTED_CODE = 125;

/** The complete record in an attempt's directory, or null. */
export function readExitRecord(directory: string): ExitRecord | null {
  const text = readTextOrNull(`${directory}/exit`);
  return text === null ? null : parseExitRecord(text);
}

/** What the files of an attempt say of its beginning and end. */
export function endFacts(
  launch: Launch,
  record: ExitRecord | null,
  hasRun: boolean,
): { readonly record: ExitRecord | null; readonly hasBegun: boolean; readonly cannotEnter: boolean } {
  const cannotEnter = record?.exitCode === NOT_STARTED_CODE && exists(`${launch.directory}/${NOT_STARTED_FILE}`);
  return { record, hasBegun: hasRun, cannotEnter };
}
