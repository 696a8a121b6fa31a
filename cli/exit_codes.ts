import type { ErrorCode } from "../core/errors.ts";

/** Everything asked for was done; where it waited, every task is complete. */
export const EXIT_DONE = 0;
/** A task failed or was killed. */
export const EXIT_WORK_FAILED = 1;
/** Nobody reads our output any more: what a shell calls the end by SIGPIPE. What was submitted goes on. */
export const EXIT_NOBODY_READS = 141;

/** What a shell sees of an error. */
export const EXIT_CODES = {
  WorkFailed: EXIT_WORK_FAILED,
  InvalidInput: 2,
  TooLarge: 2,
  NotFound: 3,
  Gone: 3,
  Unreachable: 4,
  Unauthenticated: 5,
  NotAllowed: 5,
  Misdirected: 5,
  Conflict: 6,
  OutOfSpace: 7,
  Internal: 7,
  Interrupted: 130,
} as const satisfies Record<ErrorCode, number>;
