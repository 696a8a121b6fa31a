const latin1 = new TextDecoder("latin1");
const buffer = new Uint8Array(65_536);

/** Bytes as text of the same length: for what is ASCII but for names that may be anything. */
export function decodeLatin1(bytes: Uint8Array): string {
  return latin1.decode(bytes);
}

/**
 * Up to 64 KiB of a file that may be gone: null then. The bytes are good until the next call. For /proc, whose
 * files say a size of 0.
 */
export function readSmallFile(path: string): Uint8Array | null {
  try {
    using file = Deno.openSync(path);
    let length = 0;
    while (length < buffer.length) {
      const count = file.readSync(buffer.subarray(length));
      if (count === null) break;
      length += count;
    }
    return buffer.subarray(0, length);
  } catch {
    return null;
  }
}

/** A small text file; null if it cannot be read. */
export function readTextOrNull(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}

/** Whether anything, even a broken link, has this name. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

const encoder = new TextEncoder();

/**
 * Makes `text` the file's content, followed by newlines up to the length it had. The file is never cut to nothing, which
 * ext4 would take as a sign to write it to the disk at once.
 */
export function overwrite(path: string, text: string): void {
  using file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
  const bytes = encoder.encode(text);
  const excess = file.statSync().size - bytes.length;
  writeAll(file, bytes);
  if (excess > 0) writeAll(file, encoder.encode("\n".repeat(excess)));
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}
