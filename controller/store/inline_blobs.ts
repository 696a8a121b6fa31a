import type { Instant } from "../../core/time.ts";
import type { Db } from "./store.ts";

/** Bytes that share the transaction of the ends that name them. */
export interface InlineBlob {
  readonly sha256: Uint8Array;
  readonly data: Uint8Array;
}

/** Keeps each blob that is not kept yet. Whoever calls it has compared the bytes with their name. */
export function insertBlobs(db: Db, blobs: readonly InlineBlob[], now: Instant): void {
  for (const { sha256, data } of blobs) {
    db.prepare("INSERT OR IGNORE INTO blobs (sha256, size, data, created_at) VALUES (?, ?, ?, ?)")
      .run(sha256, data.byteLength, data, now);
  }
}
