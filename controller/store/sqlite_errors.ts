import { messageOf, MusterError } from "../../core/errors.ts";

/** Primary result codes of SQLite: https://www.sqlite.org/rescode.html */
const SQLITE_FULL = 13;

/** What SQLite threw, in our words. Errors that are ours, and mistakes of our own code, stay as they are. */
export function asStoreError(what: "write" | "commit", error: unknown): Error {
  const code = (error as { errcode?: number } | null)?.errcode;
  if (code === undefined) return error instanceof Error ? error : new Error(messageOf(error));
  if ((code & 0xff) === SQLITE_FULL) {
    return new MusterError("OutOfSpace", "Cannot write to the database: the disk is full", {
      cause: error,
      hint: "Free some space on the controller's disk; it goes on by itself",
    });
  }
  return new MusterError("Internal", `Cannot ${what} to the database: ${messageOf(error)}`, { cause: error });
}
