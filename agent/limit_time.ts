import type { RunningAttempt } from "./executors/executor.ts";
import type { HeldAttempt } from "./held_attempt.ts";

/** SIGKILL follows a timeout's SIGTERM after this. */
const TIMEOUT_GRACE_SECONDS = 10;
/** setTimeout takes no longer ones. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Ends the attempt when it runs longer than its job allows. The timer is the attempt's, which clears it at its end. */
export function limitTime(held: HeldAttempt, running: RunningAttempt): void {
  const seconds = held.assignment.job.timeoutSeconds;
  if (seconds === null) return;
  const leftMs = running.startedAtMs + seconds * 1000 - performance.now();
  held.timeout = leftMs > LONGEST_TIMER_MS
    ? setTimeout(() => limitTime(held, running), LONGEST_TIMER_MS)
    : setTimeout(
      () => running.end("timeout", TIMEOUT_GRACE_SECONDS, `ran longer than ${seconds} s`),
      Math.max(0, leftMs),
    );
}
