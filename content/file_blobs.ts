import { createHash } from "node:crypto";
import { join } from "node:path";
import { MusterError } from "../core/errors.ts";
import { makePrivateDirectory, removeQuietly, syncDirectory } from "../system/files.ts";

/** Bytes read at a time. */
const READ_BYTES = 256 * 1024;

/** Blobs as files: `<2 hex>/<62 hex>` of their SHA-256, and `tmp/` for those that are still coming. */
export interface FileBlobs {
  /** Null if there is no such file. */
  size(sha256: string): number | null;
  /** Throws `NotFound`. */
  open(sha256: string, offset: number): Promise<ReadableStream<Uint8Array>>;
  /**
   * Takes bytes whose name is known; durable when it resolves. Throws `InvalidInput` if they hash to another,
   * `OutOfSpace` on a full disk; nothing is kept then.
   */
  put(sha256: string, bytes: AsyncIterable<Uint8Array>): Promise<{ readonly size: number }>;
}

/** Opens the folder, making it; what an earlier process left half written is removed. */
export async function openFileBlobs(directory: string): Promise<FileBlobs> {
  const temporary = join(directory, "tmp");
  await makePrivateDirectory(temporary);
  for await (const entry of Deno.readDir(temporary)) await removeQuietly(join(temporary, entry.name));
  const pathOf = (sha256: string) => join(directory, sha256.slice(0, 2), sha256.slice(2));
  return {
    size: (sha256) => fileSize(pathOf(sha256)),
    open: (sha256, offset) => openFile(pathOf(sha256), sha256, offset),
    put: (sha256, bytes) => {
      const partial = join(temporary, crypto.randomUUID());
      return place(partial, join(directory, sha256.slice(0, 2)), pathOf(sha256), sha256, bytes);
    },
  };
}

async function place(
  partial: string,
  folder: string,
  path: string,
  sha256: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ readonly size: number }> {
  try {
    const written = await write(partial, bytes);
    if (written.sha256 !== sha256) throw wrongHash(sha256, written.sha256);
    if (fileSize(folder) === null) {
      await makePrivateDirectory(folder);
      await syncDirectory(join(folder, ".."));
    }
    await Deno.rename(partial, path);
    await syncDirectory(folder);
    return { size: written.size };
  } catch (error) {
    await removeQuietly(partial);
    throw isNoSpace(error) ? noSpace(sha256, error) : error;
  }
}

async function write(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ readonly sha256: string; readonly size: number }> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    size += chunk.length;
    let rest = chunk;
    while (rest.length > 0) rest = rest.subarray(await file.write(rest));
  }
  await file.sync();
  return { sha256: hash.digest("hex"), size };
}

async function openFile(path: string, sha256: string, offset: number): Promise<ReadableStream<Uint8Array>> {
  const file = await openOrNull(path);
  if (file === null) throw new MusterError("NotFound", `Cannot read blob ${sha256}: it is not stored`);
  await file.seek(offset, Deno.SeekMode.Start);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = new Uint8Array(READ_BYTES);
      const count = await file.read(chunk);
      if (count !== null) return controller.enqueue(chunk.subarray(0, count));
      file.close();
      controller.close();
    },
    cancel: () => file.close(),
  }, { highWaterMark: 1 });
}

async function openOrNull(path: string): Promise<Deno.FsFile | null> {
  try {
    return await Deno.open(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function fileSize(path: string): number | null {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** The error for bytes that are not those of the name they came with. */
export function wrongHash(wanted: string, got: string): MusterError {
  return new MusterError("InvalidInput", `Cannot store blob ${wanted}: its bytes hash to ${got}`);
}

function noSpace(sha256: string, cause: unknown): MusterError {
  return new MusterError("OutOfSpace", `Cannot store blob ${sha256}: the disk is full`, { cause });
}

function isNoSpace(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT";
}
