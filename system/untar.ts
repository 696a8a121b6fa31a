import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { messageOf, MusterError } from "../core/errors.ts";
import { type UnpackedFile, unpackTar } from "./tar.ts";

/** What an unpacking wrote. */
export interface Unpacked {
  readonly files: number;
  /** Bytes of content. */
  readonly bytes: number;
  /** Files that were there with another content. */
  readonly replaced: number;
}

export interface UntarOptions {
  readonly signal?: AbortSignal;
  /** Called after every file. */
  readonly onProgress?: (soFar: Unpacked) => void;
}

/**
 * Unpacks the files of a tar into `directory`, which is made if it is not there. A file appears whole or not at all.
 * Throws `InvalidInput` for an entry whose path would leave the directory, for links and devices, and for an archive
 * that ends early; what came before stays. Setuid, setgid and sticky bits are dropped.
 */
export async function untar(
  tar: ReadableStream<Uint8Array>,
  directory: string,
  { signal, onProgress }: UntarOptions = {},
): Promise<Unpacked> {
  const unpacker = new Unpacker(directory);
  try {
    await Deno.mkdir(directory, { recursive: true });
    for await (const file of unpackTar(tar)) {
      signal?.throwIfAborted();
      await unpacker.add(file);
      onProgress?.(unpacker.soFar);
    }
  } catch (cause) {
    if (cause instanceof MusterError || signal?.aborted) throw cause;
    throw new MusterError("InvalidInput", `Cannot unpack into "${directory}": ${messageOf(cause)}`, {
      cause,
    });
  }
  return unpacker.soFar;
}

/** The segments of an entry's path, or null if it could lead out of the directory. */
export function safeSegments(path: string): readonly string[] | null {
  if (path.startsWith("/") || path.endsWith("/") || path.includes("\0")) return null;
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  return segments.length === 0 || segments.includes("..") ? null : segments;
}

class Unpacker {
  readonly #root: string;
  /** Directories known to be real ones and no links. */
  readonly #made = new Set<string>();
  #files = 0;
  #bytes = 0;
  #replaced = 0;

  constructor(root: string) {
    this.#root = root;
  }

  get soFar(): Unpacked {
    return { files: this.#files, bytes: this.#bytes, replaced: this.#replaced };
  }

  async add(file: UnpackedFile): Promise<void> {
    const segments = safeSegments(file.name);
    if (segments === null) throw refused(file.name, "its path leads out of the directory");
    await this.#makeDirectories(segments.slice(0, -1));
    const path = join(this.#root, ...segments);
    const staging = join(dirname(path), `.muster-${randomUUID()}`);
    try {
      await copyTo(staging, file);
      // Its owner may always replace it by the next fetch.
      await Deno.chmod(staging, (file.mode & 0o777) | 0o200);
      if (await isOtherContent(path, staging)) this.#replaced += 1;
      await Deno.rename(staging, path);
    } catch (cause) {
      await Deno.remove(staging).catch(() => {});
      throw cause;
    }
    this.#files += 1;
    this.#bytes += file.size;
  }

  /** Every directory on the way is one, not a link that leads elsewhere. */
  async #makeDirectories(segments: readonly string[]): Promise<void> {
    let path = this.#root;
    for (const segment of segments) {
      path = join(path, segment);
      if (this.#made.has(path)) continue;
      await Deno.mkdir(path).catch((error) => {
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      });
      if (!(await Deno.lstat(path)).isDirectory) throw refused(path, "a file or link stands in its way");
      this.#made.add(path);
    }
  }
}

async function copyTo(path: string, file: UnpackedFile): Promise<void> {
  const to = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  await file.body.pipeTo(to.writable);
}

/** True if something else than the content of `staging` is at `path`. */
async function isOtherContent(path: string, staging: string): Promise<boolean> {
  const before = await Deno.lstat(path).catch(() => null);
  if (before === null) return false;
  if (before.isDirectory) throw refused(path, "a directory stands in its place");
  if (!before.isFile || before.size !== (await Deno.stat(staging)).size) return true;
  using first = await Deno.open(staging);
  using second = await Deno.open(path);
  return !await isSameContent(first, second);
}

async function isSameContent(first: Deno.FsFile, second: Deno.FsFile): Promise<boolean> {
  const one = new Uint8Array(64 * 1024);
  const other = new Uint8Array(one.length);
  for (;;) {
    const count = await fill(first, one);
    if (count !== await fill(second, other)) return false;
    if (count === 0) return true;
    for (let at = 0; at < count; at++) if (one[at] !== other[at]) return false;
  }
}

/** Reads until `buffer` is full or the file ends; a single read may stop anywhere. */
async function fill(file: Deno.FsFile, buffer: Uint8Array): Promise<number> {
  let count = 0;
  while (count < buffer.length) {
    const read = await file.read(buffer.subarray(count));
    if (read === null) break;
    count += read;
  }
  return count;
}

function refused(name: string, why: string): MusterError {
  return new MusterError("InvalidInput", `Cannot unpack "${name}": ${why}`);
}
