import { formatBytes } from "../core/quantity.ts";
import type { Clock } from "../system/clock.ts";
import { RESERVED_BYTES } from "./store/sqlite_blob_store.ts";

/** A look at the disk is good for this long, in milliseconds. */
const LOOK_MS = 1000;

/** Why nothing new is taken in, in words, or null; looks at the disk at most once a second. */
export function createDiskWatch(freeBytes: () => number, clock: Clock): () => string | null {
  let lookedAt = -Infinity;
  let words: string | null = null;
  return () => {
    const now = clock.monotonicMs();
    if (now - lookedAt >= LOOK_MS) {
      lookedAt = now;
      words = refusal(freeBytes());
    }
    return words;
  };
}

function refusal(freeBytes: number): string | null {
  if (freeBytes >= RESERVED_BYTES) return null;
  return `the controller's disk is nearly full: ${formatBytes(freeBytes)} free, ${
    formatBytes(RESERVED_BYTES)
  } wanted`;
}
