import assert from "node:assert/strict";
import { type ErrorCode, MusterError } from "../../../core/errors.ts";
import { errorCodeOf, errorOfText, errorText, grpcStatusOf, isErrorCode } from "../../../proto/status.ts";

const CODES: readonly ErrorCode[] = [
  "InvalidInput",
  "NotFound",
  "Conflict",
  "Unauthenticated",
  "NotAllowed",
  "Misdirected",
  "TooLarge",
  "Gone",
  "OutOfSpace",
  "Unreachable",
  "WorkFailed",
  "Interrupted",
  "Internal",
];

Deno.test("errorCodeOf() gives each code back from its status and trailer", () => {
  for (const code of CODES) assert.equal(errorCodeOf(grpcStatusOf(code), code), code);
});

Deno.test("errorCodeOf() reads the transport's own statuses, and takes unknown ones for Internal", () => {
  const cases: [number, string | undefined, ErrorCode][] = [
    [14, undefined, "Unreachable"],
    [4, undefined, "Unreachable"],
    [8, undefined, "TooLarge"],
    [2, undefined, "Internal"],
    [99, undefined, "Internal"],
    [5, "CodeOfTheFuture", "NotFound"],
    [5, "toString", "NotFound"],
  ];
  for (const [status, trailer, code] of cases) assert.equal(errorCodeOf(status, trailer), code);
});

Deno.test("errorText() carries a MusterError through a message, and nothing of a fault", () => {
  const error = errorOfText(errorText(new MusterError("NotFound", "Attempt 3: it is not here")));
  assert.deepEqual([error.code, error.message], ["NotFound", "Attempt 3: it is not here"]);
  const fault = errorOfText(errorText(new Error("/home/ada: secret")));
  assert.equal(fault.code, "Internal");
  assert.doesNotMatch(fault.message, /secret/);
  assert.equal(errorOfText("no code at all").code, "Internal");
  assert.equal(isErrorCode(undefined), false);
});
