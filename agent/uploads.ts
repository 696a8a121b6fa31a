import { MusterError } from "../core/errors.ts";
import { EMPTY_SHA256, hashToBytes } from "../proto/convert.ts";
import { LIMITS } from "../proto/transport.ts";
import type { BlobChunkMessage } from "../proto/messages.ts";
import type { ControllerConnection } from "../proto/grpc_client.ts";
import type { AttemptEnd } from "./work.ts";

/** Blobs on their way at once. */
const AT_ONCE = 4;
/** Names remembered as stored; an older one is asked for again, which costs a round trip. */
const REMEMBERED = 10_000;

/** Sends large blobs to the controller, each once, several at a time. */
export class Uploads {
  readonly #stored = new Set<string>();
  readonly #coming = new Map<string, Promise<void>>();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  /** Blobs that must be sent before this end is said: neither inline, nor sent before. */
  needed(end: AttemptEnd): string[] {
    const { output, files } = end.result;
    if (files.length === 0 && (output.size === 0 || end.inline.has(output.sha256))) return [];
    const names = [output, ...files].filter((blob) => blob.size > 0).map((blob) => blob.sha256);
    return [...new Set(names)].filter((name) =>
      name !== EMPTY_SHA256 && !end.inline.has(name) && !this.#stored.has(name)
    );
  }

  /** The controller says that it lacks these. */
  lacks(sha256: readonly string[]): void {
    for (const name of sha256) this.#stored.delete(name);
  }

  /** Sends a file's bytes; at once if they are on their way. Throws what the controller says, or the file's error. */
  send(
    connection: Pick<ControllerConnection, "putBlob">,
    sha256: string,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    const coming = this.#coming.get(sha256) ?? this.#send(connection, sha256, path, signal);
    this.#coming.set(sha256, coming);
    return coming;
  }

  async #send(
    connection: Pick<ControllerConnection, "putBlob">,
    sha256: string,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#slot();
    try {
      signal.throwIfAborted();
      await connection.putBlob((stop) => fileChunks(sha256, path, stop), signal);
      this.#remember(sha256);
    } finally {
      this.#coming.delete(sha256);
      this.#running -= 1;
      this.#queue.shift()?.();
    }
  }

  async #slot(): Promise<void> {
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#running += 1;
  }

  #remember(sha256: string): void {
    this.#stored.add(sha256);
    if (this.#stored.size <= REMEMBERED) return;
    const oldest = this.#stored.values().next().value;
    if (oldest !== undefined) this.#stored.delete(oldest);
  }
}

/** The file as chunks, the first of which names it. */
async function* fileChunks(
  sha256: string,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Partial<BlobChunkMessage>> {
  using file = await openFile(path);
  yield { sha256: hashToBytes(sha256), size: (await file.stat()).size };
  while (!signal.aborted) {
    const data = new Uint8Array(LIMITS.chunkBytes);
    const count = await file.read(data);
    if (count === null) return;
    yield { data: data.subarray(0, count) };
  }
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true });
  } catch (cause) {
    throw new MusterError("NotFound", `Cannot send "${path}": it is gone or unreadable`, { cause });
  }
}
