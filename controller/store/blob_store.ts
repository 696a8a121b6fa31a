/** Bytes by their SHA-256: up to 16 KiB in the database, sharing its fsync; larger ones as files under `blobs/`. */
export interface BlobStore {
  /** Size in bytes, or null if it is not stored. The empty blob always is. */
  size(sha256: string): number | null;
  /** Streams the blob; throws `NotFound`. `offset` in bytes. */
  open(sha256: string, options?: { readonly offset?: number }): Promise<ReadableStream<Uint8Array>>;
  /**
   * Stores the bytes under the name they hash to; durable when it resolves. Twice is no error. Throws
   * `InvalidInput` if they do not hash to `sha256` (nothing is kept), `OutOfSpace` on a full disk.
   */
  put(
    sha256: string,
    bytes: ReadableStream<Uint8Array>,
  ): Promise<{ readonly existed: boolean; readonly size: number }>;
  /** Which of these are not stored. */
  missing(sha256: readonly string[]): string[];
}

/** Largest blob kept inside the database, in bytes. */
export const INLINE_BLOB_BYTES = 16 * 1024;
