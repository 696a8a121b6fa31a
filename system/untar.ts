import { randomUUID } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
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

/** Files up to this size are handled whole, in memory: most are outputs of a few lines, and there may be many thousands. */
const SMALL_BYTES = 256 * 1024;

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
    this.#makeDirectories(segments.slice(0, -1));
    const path = join(this.#root, ...segments);
    // Its owner may always replace it by the next fetch.
    const mode = (file.mode & 0o777) | 0o200;
    const isReplaced = file.size <= SMALL_BYTES
      ? placeSmall(path, await bytesOf(file), mode)
      : await placeLarge(path, file, mode);
    if (isReplaced) this.#replaced += 1;
    this.#files += 1;
    this.#bytes += file.size;
  }

  /** Every directory on the way is one, not a link that leads elsewhere. */
  #makeDirectories(segments: readonly string[]): void {
    let path = this.#root;
    for (const segment of segments) {
      path = join(path, segment);
      if (this.#made.has(path)) continue;
      mkdirSync(path, { recursive: true });
      if (!lstatSync(path).isDirectory()) throw refused(path, "a file or link stands in its way");
      this.#made.add(path);
    }
  }
}

async function bytesOf(file: UnpackedFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(file.size);
  let at = 0;
  for await (const chunk of file.body) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  if (at < file.size) throw new RangeError(`"${file.name}" ends early`);
  return bytes;
}

/** Synchronous: a call costs a tenth of an awaited one. True if another content was there. */
function placeSmall(path: string, bytes: Uint8Array, mode: number): boolean {
  const before = statOf(path);
  if (before?.isFile() && before.size === bytes.length && readFileSync(path).equals(bytes)) {
    if ((before.mode & 0o777) !== mode) chmodSync(path, mode);
    return false;
  }
  const staging = stagingFor(path);
  try {
    writeFileSync(staging, bytes, { flag: "wx", mode: 0o600 });
    chmodSync(staging, mode);
    renameSync(staging, path);
  } catch (cause) {
    rmSync(staging, { force: true });
    throw cause;
  }
  return before !== null;
}

async function placeLarge(path: string, file: UnpackedFile, mode: number): Promise<boolean> {
  const before = statOf(path);
  const staging = stagingFor(path);
  try {
    const to = await Deno.open(staging, { write: true, createNew: true, mode: 0o600 });
    await file.body.pipeTo(to.writable);
    const isReplaced = before !== null && !await isSame(before, path, staging);
    chmodSync(staging, mode);
    renameSync(staging, path);
    return isReplaced;
  } catch (cause) {
    rmSync(staging, { force: true });
    throw cause;
  }
}

/** What is at `path` now, links not followed. Throws for a directory: a file cannot take its place. */
function statOf(path: string): Stats | null {
  const stats = lstatSync(path, { throwIfNoEntry: false }) ?? null;
  if (stats?.isDirectory()) throw refused(path, "a directory stands in its place");
  return stats;
}

/** Beside its place, so that the rename is one step. */
function stagingFor(path: string): string {
  return join(dirname(path), `.muster-${randomUUID()}`);
}

async function isSame(before: Stats, path: string, staging: string): Promise<boolean> {
  if (!before.isFile() || before.size !== lstatSync(staging).size) return false;
  using first = await Deno.open(staging);
  using second = await Deno.open(path);
  return await isSameContent(first, second);
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
