import type { Executor, Exit, Launch, RunningAttempt } from "./executor.ts";

/** Every attempt ends at once with exit code 0: no process, no files. For measuring what is around it. */
export class NoopExecutor implements Executor {
  readonly keepsFiles = false;

  start(_launch: Launch): Promise<RunningAttempt> {
    const nowMs = performance.now();
    return Promise.resolve({ startedAtMs: nowMs, ended: Promise.resolve(exit(nowMs)), end: () => {} });
  }

  follow(): null {
    return null;
  }

  recover(): Promise<null> {
    return Promise.resolve(null);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const NOTHING_USED = { userCpuSeconds: null, systemCpuSeconds: null, maxMemoryBytes: null, source: null };

function exit(endedAtMs: number): Exit {
  return {
    cause: "exit",
    exitCode: 0,
    isLost: false,
    hasBegun: true,
    reason: null,
    endedAtMs,
    usage: NOTHING_USED,
  };
}
