import type { Task } from "../../core/task.ts";

/** The first task of a job, pending. */
export function aTask(overrides: Partial<Task> = {}): Task {
  return {
    jobId: "j0000000001",
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
