import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { constants, gzipSync } from "node:zlib";
import { pack } from "tar-stream";

/** One file of the self-extracting form's payload. */
export interface PayloadFile {
  readonly name: string;
  readonly mode: number;
  readonly data: Uint8Array;
}

/** Two blocks of zeros end a tar; without them another tar can follow. */
const TAR_END_BYTES = 1024;

/**
 * A gzip-compressed tar of `files` in their order, the same bytes for the same files.
 * With `open`, the end of the tar is left off, so that another one can be joined to it.
 */
export async function compressFiles(files: readonly PayloadFile[], open = false): Promise<Uint8Array> {
  const tar = await tarOf(files);
  return gzipSync(open ? tar.subarray(0, tar.length - TAR_END_BYTES) : tar, {
    level: constants.Z_BEST_COMPRESSION,
  });
}

/** Hexadecimal SHA-256 of some bytes. */
export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  parts.forEach((part) => hash.update(part));
  return hash.digest("hex");
}

async function tarOf(files: readonly PayloadFile[]): Promise<Uint8Array> {
  const tar = pack();
  for (const { name, mode, data } of files) {
    // Today's date would change the bytes, and cleaners of temporary directories take what is old first.
    tar.entry({ name, mode, mtime: new Date(0), uid: 0, gid: 0 }, data as never);
  }
  tar.finalize();
  return new Uint8Array(await buffer(tar));
}
