import { createHash } from "node:crypto";
import { type FileBlobs, openFileBlobs, wrongHash } from "../../content/file_blobs.ts";
import { checkBlobName, EMPTY_SHA256 } from "../../core/blob_name.ts";
import { MusterError } from "../../core/errors.ts";
import type { Clock } from "../../system/clock.ts";
import { type BlobStore, INLINE_BLOB_BYTES } from "./blob_store.ts";
import { type BlobRow, insertBlob } from "./blob_rows.ts";
import type { Db, Store } from "./store.ts";

/** Free bytes below which nothing new is taken: the database must still be able to record ends. */
export const RESERVED_BYTES = 500_000_000;

export interface BlobStoreParts {
  readonly store: Store;
  /** `blobs/` of the controller. */
  readonly directory: string;
  readonly clock: Clock;
  /** Free bytes of the disk that holds both. */
  freeBytes(): number;
}

/** Blobs in the database up to 16 KiB, larger ones as files with a row. A row is there only if its bytes are. */
export async function openSqliteBlobStore(parts: BlobStoreParts): Promise<BlobStore> {
  return new SqliteBlobStore(parts, await openFileBlobs(parts.directory));
}

/** Which of these (hex) have no row; the empty blob always counts as stored. */
function missingBlobs(db: Db, sha256: readonly string[]): string[] {
  const statement = db.prepare("SELECT 1 FROM blobs WHERE sha256 = ?");
  return sha256.filter((name) =>
    name !== EMPTY_SHA256 && statement.get(Uint8Array.fromHex(name)) === undefined
  );
}

class SqliteBlobStore implements BlobStore {
  readonly #parts: BlobStoreParts;
  readonly #files: FileBlobs;

  constructor(parts: BlobStoreParts, files: FileBlobs) {
    this.#parts = parts;
    this.#files = files;
  }

  size(sha256: string): number | null {
    if (sha256 === EMPTY_SHA256) return 0;
    return this.#row(sha256)?.size ?? null;
  }

  async open(
    sha256: string,
    options: { readonly offset?: number } = {},
  ): Promise<ReadableStream<Uint8Array>> {
    const offset = options.offset ?? 0;
    if (sha256 === EMPTY_SHA256) return streamOf(new Uint8Array(0));
    const row = this.#row(sha256);
    if (row === null) throw new MusterError("NotFound", `Cannot read blob ${sha256}: it is not stored`);
    return row.data === null ? await this.#files.open(sha256, offset) : streamOf(row.data.subarray(offset));
  }

  async put(
    sha256: string,
    bytes: ReadableStream<Uint8Array>,
  ): Promise<{ readonly existed: boolean; readonly size: number }> {
    checkBlobName(sha256);
    const size = this.size(sha256);
    if (size === null) return await this.#put(sha256, bytes);
    await bytes.cancel();
    return { existed: true, size };
  }

  missing(sha256: readonly string[]): string[] {
    return this.#parts.store.read((db) => missingBlobs(db, sha256));
  }

  /** Two senders of one blob at once do not wait for each other: the second finds the row there. */
  async #put(
    sha256: string,
    bytes: ReadableStream<Uint8Array>,
  ): Promise<{ readonly existed: boolean; readonly size: number }> {
    if (this.#parts.freeBytes() < RESERVED_BYTES) {
      await bytes.cancel();
      throw noRoom(sha256);
    }
    const { head, rest } = await readHead(bytes);
    const kept = rest === null
      ? checkedRow(sha256, joined(head))
      : { data: null, ...await this.#files.put(sha256, chain(head, rest)) };
    const now = this.#parts.clock.now();
    const existed = await this.#parts.store.write((db) =>
      !insertBlob(db, { sha256: Uint8Array.fromHex(sha256), ...kept }, now)
    );
    return { existed, size: kept.size };
  }

  #row(sha256: string): { readonly size: number; readonly data: Uint8Array | null } | null {
    checkBlobName(sha256);
    const name = Uint8Array.fromHex(sha256);
    const row = this.#parts.store.read((db) =>
      db.prepare("SELECT size, data FROM blobs WHERE sha256 = ?").get(name)
    );
    return row === undefined ? null : { size: row.size as number, data: row.data as Uint8Array | null };
  }
}

function checkedRow(sha256: string, data: Uint8Array): Pick<BlobRow, "data" | "size"> {
  const got = createHash("sha256").update(data).digest("hex");
  if (got !== sha256) throw wrongHash(sha256, got);
  return { data, size: data.length };
}

function noRoom(sha256: string): MusterError {
  return new MusterError("OutOfSpace", `Cannot store blob ${sha256}: the controller's disk is nearly full`, {
    hint: "Free some space; at least 500 MB are kept for the record of what ends",
  });
}

type Chunks = AsyncIterator<Uint8Array>;

/** Chunks until the end or until they exceed the inline limit; `rest` is null at the end. */
async function readHead(
  bytes: ReadableStream<Uint8Array>,
): Promise<{ readonly head: Uint8Array[]; readonly rest: Chunks | null }> {
  const rest = bytes[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let size = 0;
  while (size <= INLINE_BLOB_BYTES) {
    const next = await rest.next();
    if (next.done === true) return { head, rest: null };
    head.push(next.value);
    size += next.value.length;
  }
  return { head, rest };
}

async function* chain(head: readonly Uint8Array[], rest: Chunks): AsyncGenerator<Uint8Array> {
  yield* head;
  try {
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      if (bytes.length > 0) controller.enqueue(bytes);
      controller.close();
    },
  });
}
