import { MusterError } from "../../core/errors.ts";
import { hashFromBytes } from "../../proto/convert.ts";
import { LIMITS } from "../../proto/transport.ts";
import type { BlobChunkMessage, GetBlobRequestMessage, PutBlobReplyMessage } from "../../proto/messages.ts";
import type { BlobStore } from "../store/blob_store.ts";

/**
 * Stores the blob that the first chunk names, at the pace of the store. Throws `InvalidInput` if the bytes are
 * another's, `OutOfSpace` on a full disk.
 */
export async function putBlob(
  blobs: BlobStore,
  chunks: AsyncIterable<BlobChunkMessage>,
): Promise<PutBlobReplyMessage> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true || first.value.sha256.length !== 32) {
    throw new MusterError("InvalidInput", "Cannot take a blob: its first chunk does not name it");
  }
  const sha256 = hashFromBytes(first.value.sha256);
  if (blobs.size(sha256) !== null) return { existed: true };
  const { existed } = await blobs.put(sha256, bytesOf(first.value, iterator));
  return { existed };
}

/** Chunks of a stored blob. Throws `NotFound`. */
export async function* getBlob(
  blobs: BlobStore,
  request: GetBlobRequestMessage,
): AsyncGenerator<Partial<BlobChunkMessage>> {
  for await (const bytes of await blobs.open(hashFromBytes(request.sha256))) {
    for (let at = 0; at < bytes.length; at += LIMITS.chunkBytes) {
      yield { data: bytes.subarray(at, at + LIMITS.chunkBytes) };
    }
  }
}

function bytesOf(first: BlobChunkMessage, rest: AsyncIterator<BlobChunkMessage>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      if (first.data.length > 0) controller.enqueue(first.data);
    },
    async pull(controller) {
      const next = await rest.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value.data);
    },
  });
}
