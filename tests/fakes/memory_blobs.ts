import { createHash } from "node:crypto";
import { MusterError } from "../../core/errors.ts";
import type { BlobStore } from "../../controller/store/blob_store.ts";

/** Blobs in memory. */
export function memoryBlobs(): BlobStore & { add(content: string): string } {
  const blobs = new Map<string, Uint8Array>([[hashOf(new Uint8Array()), new Uint8Array()]]);
  return {
    add(content) {
      const bytes = new TextEncoder().encode(content);
      blobs.set(hashOf(bytes), bytes);
      return hashOf(bytes);
    },
    size: (sha256) => blobs.get(sha256)?.byteLength ?? null,
    open(sha256, { offset = 0 } = {}) {
      const bytes = blobs.get(sha256);
      if (bytes === undefined) throw new MusterError("NotFound", `Cannot open blob "${sha256}"`);
      return Promise.resolve(new Blob([bytes.slice(offset)]).stream());
    },
    async put(sha256, stream) {
      const bytes = await new Response(stream).bytes();
      if (hashOf(bytes) !== sha256) throw new MusterError("InvalidInput", `Cannot store blob "${sha256}"`);
      const existed = blobs.has(sha256);
      blobs.set(sha256, bytes);
      return { existed, size: bytes.byteLength };
    },
    missing: (names) => names.filter((name) => !blobs.has(name)),
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
