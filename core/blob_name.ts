import { MusterError } from "./errors.ts";

/** The SHA-256 of nothing: the name of the empty blob, which needs no storing. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** A blob is named by the SHA-256 of its bytes, in lower-case hex. */
export const BLOB_NAME = /^[0-9a-f]{64}$/;

/** `name` if it is one: names come from outside and become paths. Throws `InvalidInput`. */
export function checkBlobName(name: string): string {
  if (BLOB_NAME.test(name)) return name;
  throw new MusterError(
    "InvalidInput",
    `Cannot find blob "${name.slice(0, 80)}": a blob is named by its SHA-256, 64 lower-case hex digits`,
  );
}
