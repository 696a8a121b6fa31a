import { type ErrorCode, MusterError } from "../core/errors.ts";

/** gRPC status of each error code. Codes that share a status are told apart by the `muster-code` trailer. */
const STATUS = {
  Interrupted: 1, // CANCELLED
  InvalidInput: 3, // INVALID_ARGUMENT
  NotFound: 5, // NOT_FOUND
  NotAllowed: 7, // PERMISSION_DENIED
  OutOfSpace: 8, // RESOURCE_EXHAUSTED
  TooLarge: 8,
  WorkFailed: 9, // FAILED_PRECONDITION
  Conflict: 10, // ABORTED
  Gone: 11, // OUT_OF_RANGE
  Misdirected: 12, // UNIMPLEMENTED
  Internal: 13, // INTERNAL
  Unreachable: 14, // UNAVAILABLE
  Unauthenticated: 16, // UNAUTHENTICATED
} as const satisfies Record<ErrorCode, number>;

/** What each status means where no trailer says it better: sent by the transport itself, or a newer version. */
const CODE: Readonly<Record<number, ErrorCode>> = {
  1: "Interrupted",
  3: "InvalidInput",
  4: "Unreachable", // DEADLINE_EXCEEDED
  5: "NotFound",
  6: "Conflict", // ALREADY_EXISTS
  7: "NotAllowed",
  8: "TooLarge", // the transport's own refusal of a message over its limit
  9: "WorkFailed",
  10: "Conflict",
  11: "Gone",
  12: "Misdirected",
  14: "Unreachable",
  16: "Unauthenticated",
};

/** Name of the trailer that carries the error code. */
export const CODE_TRAILER = "muster-code";

export function grpcStatusOf(code: ErrorCode): number {
  return STATUS[code];
}

/** The error code that `trailer` names, else the one the status stands for; `Internal` for what is unknown. */
export function errorCodeOf(status: number, trailer?: string): ErrorCode {
  return isErrorCode(trailer) ? trailer : CODE[status] ?? "Internal";
}

/** Whether a word from the wire is one of our error codes. */
export function isErrorCode(word: string | undefined): word is ErrorCode {
  return word !== undefined && Object.hasOwn(STATUS, word);
}

/** `Code: words`, for errors that travel inside a message. */
export function errorText(error: unknown): string {
  if (error instanceof MusterError) return `${error.code}: ${error.message}`;
  return "Internal: A fault of the other side";
}

/** The error that {@linkcode errorText} wrote. */
export function errorOfText(text: string): MusterError {
  const colon = text.indexOf(": ");
  const code = text.slice(0, Math.max(colon, 0));
  return isErrorCode(code) ? new MusterError(code, text.slice(colon + 2)) : new MusterError("Internal", text);
}
