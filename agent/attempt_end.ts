import type { Collected } from "./hooks/collect_outputs.ts";
import type { Exit } from "./executors/executor.ts";
import type { Assignment, AttemptEnd } from "./work.ts";

export function attemptEnd(
  assignment: Assignment,
  startedAtMs: number,
  exit: Exit,
  collected: Collected,
): AttemptEnd {
  return {
    ref: assignment.ref,
    epoch: assignment.epoch,
    cause: exit.cause,
    exitCode: exit.exitCode,
    reason: exit.reason,
    endedAtMs: exit.endedAtMs,
    ranMs: Math.max(0, exit.endedAtMs - startedAtMs),
    result: { output: collected.output, files: collected.files, usage: exit.usage },
    inline: collected.inline,
  };
}
