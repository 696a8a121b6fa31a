import { ConnectionLost } from "./transport.ts";

/** Waits between tries, in milliseconds: doubling, with up to a quarter of chance. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2000;

/** The wait before try `attempt` (from 1). `random` is in [0, 1). */
function nextWaitMs(attempt: number, random: number): number {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)) * (1 + random / 4);
}

/** Tries again while the connection is lost, for at most `forMs` milliseconds; then throws the last loss. */
export async function patiently<T>(
  action: () => Promise<T>,
  { forMs, signal }: { readonly forMs: number; readonly signal?: AbortSignal | undefined },
): Promise<T> {
  const until = performance.now() + forMs;
  for (let attempt = 1;; attempt++) {
    try {
      return await action();
    } catch (error) {
      const waitMs = nextWaitMs(attempt, Math.random());
      if (!(error instanceof ConnectionLost) || performance.now() + waitMs > until) throw error;
      await pause(waitMs, signal);
    }
  }
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const aborted = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }, ms);
    signal?.addEventListener("abort", aborted, { once: true });
  });
}
