import type { Instant } from "../core/time.ts";

/** The two readings of time that effects may take. Pure code receives instants as arguments. */
export interface Clock {
  /** Wall clock. Orders nothing; for people and records. */
  now(): Instant;
  /** Milliseconds on a clock that never steps; for leases, timeouts and ages. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
};
