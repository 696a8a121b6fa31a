import type { Task } from "../../core/task.ts";
import type { StoredAttempt } from "../../controller/store/attempts.ts";
import { signalOf } from "../../controller/store/tasks.ts";

export function aTask(overrides: Partial<Task> = {}): Task {
  return {
    jobId: "job1",
    index: 1,
    state: "pending",
    attempt: 0,
    attempts: 0,
    failures: 0,
    losses: 0,
    retries: 0,
    killRequested: false,
    hostId: null,
    exitCode: null,
    signal: null,
    reason: null,
    startedAt: null,
    endedAt: null,
    ...overrides,
  };
}

/** An attempt that ended; its signal follows from its exit code. */
export function anAttempt(overrides: Partial<Omit<StoredAttempt, "signal">> = {}): StoredAttempt {
  const { exitCode = 0 } = overrides;
  return {
    index: 1,
    attempt: 1,
    state: "complete",
    hostId: "h1",
    signal: signalOf(exitCode),
    reason: null,
    startedAt: 1_000,
    endedAt: 2_500,
    output: null,
    files: [],
    usage: null,
    ...overrides,
    exitCode,
  };
}
