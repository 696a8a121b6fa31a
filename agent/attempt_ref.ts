import type { AttemptRef } from "../core/task.ts";

/** `<job>:<index>:<attempt>`: the attempt's key in maps, and `MUSTER_TASK` in its environment. */
export function attemptKey(ref: AttemptRef): string {
  return `${ref.jobId}:${ref.index}:${ref.attempt}`;
}

/** `<job>/<index>/<attempt>`: where it lies under `tasks/`. */
export function attemptPath(ref: AttemptRef): string {
  return `${ref.jobId}/${ref.index}/${ref.attempt}`;
}

/** Whether the attempt can name a directory: what comes over the wire may not lead out of `tasks/`. */
export function isSafeRef(ref: AttemptRef): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(ref.jobId) && isCount(ref.index) && isCount(ref.attempt);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
