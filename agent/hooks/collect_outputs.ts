import { createHash } from "node:crypto";
import type { OutputFile } from "../../core/result.ts";
import { walkFiles } from "./walk_files.ts";

/** Blobs up to this many bytes ride in the report. */
export const INLINE_BYTES = 16_384;
/** SHA-256 of no bytes: most tasks print nothing, and this needs no reading. */
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const READ_BYTES = 262_144;

export interface CollectOptions {
  /** The attempt's directory: `out` and `work/` lie in it. */
  readonly directory: string;
  /** Absolute directory it ran in; null: its own `work/`. */
  readonly inPlace: string | null;
  /** Which files count, by their path below the directory; null: all of a fresh directory, none of one in place. */
  readonly matches: ((src: string) => boolean) | null;
}

/** What an ended attempt leaves. */
export interface Collected {
  readonly output: { readonly size: number; readonly sha256: string };
  /** Sorted by `src`. */
  readonly files: readonly OutputFile[];
  readonly inline: ReadonlyMap<string, Uint8Array>;
  /** Where the larger blobs lie. */
  readonly paths: ReadonlyMap<string, string>;
}

/** What most attempts leave. */
export const NOTHING_COLLECTED: Collected = {
  output: { size: 0, sha256: EMPTY_SHA256 },
  files: [],
  inline: new Map(),
  paths: new Map(),
};

/**
 * The output and the files of an attempt that ended, by their hashes. Symbolic links and special files are left out,
 * and so are names that are not UTF-8, which a last line of the output says. Throws what reading throws.
 */
export async function collectOutputs(options: CollectOptions): Promise<Collected> {
  const found = findFiles(options);
  if (found.unnamable > 0) noteUnnamable(options.directory, found.unnamable);
  const out = `${options.directory}/out`;
  const size = Deno.statSync(out).size;
  if (size === 0 && found.files.length === 0) return NOTHING_COLLECTED;
  const inline = new Map<string, Uint8Array>();
  const paths = new Map<string, string>();
  const output = await hashFile(out, inline, paths);
  const files: OutputFile[] = [];
  for (const { src, path, mode } of found.files) {
    files.push({ src, mode, ...await hashFile(path, inline, paths) });
  }
  return { output, files, inline, paths };
}

function findFiles({ directory, inPlace, matches }: CollectOptions): ReturnType<typeof walkFiles> {
  if (inPlace === null) return walkFiles(`${directory}/work`, matches ?? (() => true), null);
  if (matches === null) return { files: [], unnamable: 0 };
  // `run` was written just before the start, by the clock that the files' times come from.
  return walkFiles(inPlace, matches, Deno.statSync(`${directory}/run`).mtime);
}

/** The file's size and hash, with its bytes in `inline` or its path in `paths`. Memory does not grow with the file. */
async function hashFile(
  path: string,
  inline: Map<string, Uint8Array>,
  paths: Map<string, string>,
): Promise<{ size: number; sha256: string }> {
  using file = Deno.openSync(path);
  const expected = file.statSync().size;
  const hash = createHash("sha256");
  if (expected <= INLINE_BYTES) {
    const bytes = readUpTo(file, INLINE_BYTES + 1);
    if (bytes.length <= INLINE_BYTES) {
      const sha256 = hash.update(bytes).digest("hex");
      if (bytes.length > 0) inline.set(sha256, bytes);
      return { size: bytes.length, sha256 };
    }
    file.seekSync(0, Deno.SeekMode.Start);
  }
  let size = 0;
  const buffer = new Uint8Array(READ_BYTES);
  for (;;) {
    const count = await file.read(buffer);
    if (count === null) break;
    hash.update(buffer.subarray(0, count));
    size += count;
  }
  const sha256 = hash.digest("hex");
  paths.set(sha256, path);
  return { size, sha256 };
}

function readUpTo(file: Deno.FsFile, limit: number): Uint8Array {
  const buffer = new Uint8Array(limit);
  let length = 0;
  while (length < limit) {
    const count = file.readSync(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return buffer.slice(0, length);
}

function noteUnnamable(directory: string, count: number): void {
  const files = count === 1 ? "1 file was" : `${count} files were`;
  const line = `muster: ${files} not kept: the name is not UTF-8\n`;
  Deno.writeTextFileSync(`${directory}/out`, line, { append: true });
}
