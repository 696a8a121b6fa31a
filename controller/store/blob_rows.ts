import type { Instant } from "../../core/time.ts";
import type { Db } from "./store.ts";

/** A stored blob. Whoever writes it has compared the bytes with their name. */
export interface BlobRow {
  readonly sha256: Uint8Array;
  readonly size: number;
  /** Null: a file. */
  readonly data: Uint8Array | null;
}

/** False if it was there already. */
export function insertBlob(db: Db, { sha256, size, data }: BlobRow, now: Instant): boolean {
  const { changes } = db.prepare(
    "INSERT OR IGNORE INTO blobs (sha256, size, data, created_at) VALUES (?, ?, ?, ?)",
  ).run(sha256, size, data, now);
  return changes > 0;
}
