import { createHash } from "node:crypto";
import { wrongHash } from "../../content/file_blobs.ts";
import type { BlobStore } from "../../controller/store/blob_store.ts";
import { checkBlobName } from "../../core/blob_name.ts";
import { MusterError } from "../../core/errors.ts";

/** Blobs in memory. */
export function memoryBlobs(): BlobStore & { add(content: string): string } {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>([[hashOf(new Uint8Array()), new Uint8Array()]]);
  const find = (sha256: string) => blobs.get(checkBlobName(sha256));
  return {
    add(content) {
      const bytes = new TextEncoder().encode(content);
      blobs.set(hashOf(bytes), bytes);
      return hashOf(bytes);
    },
    size: (sha256) => find(sha256)?.byteLength ?? null,
    // deno-lint-ignore require-await -- a name that is none rejects
    async open(sha256, { offset = 0 } = {}) {
      const bytes = find(sha256);
      if (bytes === undefined) throw new MusterError("NotFound", `Cannot open blob "${sha256}"`);
      return new Blob([bytes.slice(offset)]).stream();
    },
    async put(sha256, stream) {
      const known = find(sha256);
      if (known !== undefined) {
        await stream.cancel();
        return { existed: true, size: known.byteLength };
      }
      const bytes = await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
      if (hashOf(bytes) !== sha256) throw wrongHash(sha256, hashOf(bytes));
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
