import type { TaskBody } from "../core/api/jobs.ts";
import { oneLine } from "./output/plain.ts";

/** Why a task ended as it did: `exit code 1`, `signal 9, over its memory limit`, `timed out after 5s`; "" if it did not end. */
export function endWords(task: Pick<TaskBody, "exit_code" | "signal" | "reason">): string {
  const how = task.signal !== null
    ? `signal ${task.signal}`
    : task.exit_code === null || task.exit_code === 0
    ? ""
    : `exit code ${task.exit_code}`;
  return [how, oneLine(task.reason ?? "")].filter((part) => part !== "").join(", ");
}
