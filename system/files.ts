import { basename, dirname, join } from "node:path";

/** Makes a directory that only its owner can read, and those above it. An existing one is left as it is. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
}

/**
 * Writes a file of mode 0600 that appears whole or not at all, also after a power cut: a temporary file beside
 * it, fsync, rename, fsync of the directory. Directories it needs are made with mode 0700.
 */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const directory = dirname(path);
  await makePrivateDirectory(directory);
  const temporary = join(directory, `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    await writeSynced(temporary, typeof content === "string" ? new TextEncoder().encode(content) : content);
    await Deno.rename(temporary, path);
  } catch (error) {
    await removeQuietly(temporary);
    throw error;
  }
  await syncDirectory(directory);
}

/**
 * Makes an empty file of mode 0600 unless there is one, and takes others' rights from one that is there. For files
 * that a library would make by the umask.
 */
export function keepPrivateSync(path: string): void {
  Deno.openSync(path, { create: true, append: true, mode: 0o600 }).close();
  Deno.chmodSync(path, 0o600);
}

/** Makes a rename or a new name in the directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  using directory = await Deno.open(path, { read: true });
  await directory.sync();
}

/** Text of a file; null if there is none. */
export async function readTextIfExists(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Removes a file whose absence is as good. */
export async function removeQuietly(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch {
    // It is gone, or the sweep of the next start takes it.
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(await file.write(rest));
  await file.sync();
}
