import { formatInstant } from "../../core/time.ts";
import type { TaskRecord } from "./parts.ts";

/** First columns of `tasks.csv`; the job's parameter columns follow. */
export const TASK_COLUMNS = [
  "index",
  "state",
  "exit_code",
  "reason",
  "attempt",
  "host",
  "started_at",
  "ended_at",
  "seconds",
] as const;

/** One row of `tasks.csv`. `seconds` is how long the current or last attempt ran; empty fields are unknown. */
export function taskRow({ task, parameters }: TaskRecord, host: string | null): string[] {
  const { startedAt, endedAt } = task;
  const seconds = startedAt === null || endedAt === null ? "" : ((endedAt - startedAt) / 1000).toFixed(3);
  return [
    String(task.index),
    task.state,
    task.exitCode === null ? "" : String(task.exitCode),
    task.reason ?? "",
    String(task.attempt),
    host ?? "",
    formatInstant(startedAt) ?? "",
    formatInstant(endedAt) ?? "",
    seconds,
    ...parameters,
  ];
}
