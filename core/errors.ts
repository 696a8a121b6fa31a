/** What went wrong, for programs. A closed list: three tables turn it outward (HTTP, gRPC, exit code). */
export type ErrorCode =
  /** Wrong usage or input; nothing was changed. */
  | "InvalidInput"
  /** A job, task, host, token … that does not exist. */
  | "NotFound"
  /** What was asked conflicts with what exists. */
  | "Conflict"
  /** No valid token, or a wrong, expired or revoked one. */
  | "Unauthenticated"
  /** A valid caller who may not do this. */
  | "NotAllowed"
  /** The Host header names an address this controller does not serve. */
  | "Misdirected"
  /** A body over its limit. */
  | "TooLarge"
  /** An event cursor older than what is kept. */
  | "Gone"
  /** A disk or quota is full. */
  | "OutOfSpace"
  /** The controller, a host or a pool does not answer. */
  | "Unreachable"
  /** The work itself failed. */
  | "WorkFailed"
  /** A person or program interrupted the wait. */
  | "Interrupted"
  /** A fault of ours. */
  | "Internal";

export interface MusterErrorOptions {
  /** The next step, as a command where there is one. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * An error a caller or user can act on. The message says what was being done, to what, and what stood in the
 * way: `Cannot submit job "train-7": column "x" is missing`.
 */
export class MusterError extends Error {
  override readonly name = "MusterError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: MusterErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The words of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
