import { type ErrorCode, messageOf, MusterError } from "../../core/errors.ts";
import type { Log } from "../../system/log.ts";
import type { ApiContext } from "./context.ts";

/** HTTP status of each error code. */
const HTTP_STATUS = {
  InvalidInput: 400,
  Unauthenticated: 401,
  NotAllowed: 403,
  NotFound: 404,
  Conflict: 409,
  Gone: 410,
  TooLarge: 413,
  Misdirected: 421,
  WorkFailed: 422,
  Interrupted: 499,
  Internal: 500,
  Unreachable: 503,
  OutOfSpace: 507,
} as const satisfies Record<ErrorCode, number>;

/** Answers what a handler threw. Faults of ours are logged under the trace id and keep their details here. */
export function answerError(c: ApiContext, error: unknown, log: Log): Response {
  const traceId = crypto.randomUUID();
  if (error instanceof MusterError && error.code !== "Internal") {
    return errorResponse(error, HTTP_STATUS[error.code], traceId);
  }
  log.error("request failed", {
    traceId,
    method: c.req.method,
    path: c.req.path,
    error: messageOf(error),
    stack: error instanceof Error ? error.stack : undefined,
  });
  const message = `Cannot answer ${c.req.method} ${c.req.path}: an internal fault`;
  const hint = `Look for trace ${traceId} in the controller's log`;
  return errorResponse(new MusterError("Internal", message, { hint }), 500, traceId);
}

/** The error's body as every route sends it. */
export function errorResponse(
  error: MusterError,
  status: number,
  traceId: string,
  headers: Record<string, string> = {},
): Response {
  const body = {
    error: {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      trace_id: traceId,
    },
  };
  const challenge: Record<string, string> = status === 401 ? { "www-authenticate": "Bearer" } : {};
  return Response.json(body, { status, headers: { ...challenge, ...headers } });
}
