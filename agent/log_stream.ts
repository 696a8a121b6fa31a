import { MusterError } from "../core/errors.ts";
import type { AttemptRef } from "../core/task.ts";

const CHUNK_BYTES = 65_536;

export interface LogStreamOptions {
  readonly offset: number;
  /** Goes on until `ended` resolves and the last byte was read. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/**
 * Bytes of a growing file. It may not exist yet: that is an empty one. With `follow` it waits for news of the
 * directory's file system events, never by looking again and again.
 */
export function openLogStream(
  directory: string,
  ended: Promise<unknown>,
  options: LogStreamOptions,
): ReadableStream<Uint8Array> {
  const reader = new LogReader(directory, ended, options);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const chunk = await reader.next();
        if (chunk === null) {
          reader.close();
          controller.close();
        } else controller.enqueue(chunk);
      } catch (error) {
        reader.close();
        controller.error(error);
      }
    },
    cancel: () => reader.close(),
  }, { highWaterMark: 0 });
}

class LogReader {
  readonly #directory: string;
  readonly #options: LogStreamOptions;
  readonly #onAbort = () => this.close();
  #offset: number;
  #file: Deno.FsFile | null = null;
  #watcher: Deno.FsWatcher | null = null;
  #isEnded: boolean;
  #isClosed = false;
  #isWatching = false;
  #hasNews = false;
  #wake: () => void = () => {};

  constructor(directory: string, ended: Promise<unknown>, options: LogStreamOptions) {
    this.#directory = directory;
    this.#options = options;
    this.#offset = options.offset;
    this.#isEnded = !options.follow;
    options.signal.addEventListener("abort", this.#onAbort, { once: true });
    if (options.follow) ended.then(() => this.#end());
  }

  /** The next bytes; null at the end. */
  async next(): Promise<Uint8Array | null> {
    while (!this.#isClosed) {
      // Read after `ended` was seen, so that nothing written before the end is left out.
      const isLast = this.#isEnded;
      const chunk = await this.#read();
      if (chunk !== null) return chunk;
      if (isLast) return null;
      await this.#news();
    }
    return null;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#file?.close();
    try {
      this.#watcher?.close();
    } catch {
      // Closed already.
    }
    this.#wake();
  }

  #end(): void {
    this.#isEnded = true;
    this.#notify();
  }

  #notify(): void {
    this.#hasNews = true;
    this.#wake();
  }

  async #read(): Promise<Uint8Array | null> {
    try {
      if (this.#file === null) {
        this.#file = await Deno.open(`${this.#directory}/out`);
        await this.#file.seek(this.#offset, Deno.SeekMode.Start);
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
    const buffer = new Uint8Array(CHUNK_BYTES);
    const count = await this.#file.read(buffer);
    if (count === null || count === 0) return null;
    this.#offset += count;
    return buffer.subarray(0, count);
  }

  async #news(): Promise<void> {
    if (!this.#isWatching) {
      this.#isWatching = true;
      this.#startWatching();
      // What was written before the watch began is read first.
      return;
    }
    if (!this.#hasNews) await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = () => {};
    this.#hasNews = false;
  }

  async #startWatching(): Promise<void> {
    try {
      Deno.mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      this.#watcher = Deno.watchFs(this.#directory, { recursive: false });
      for await (const _ of this.#watcher) this.#notify();
    } catch {
      if (!this.#isClosed) this.#poll();
    }
  }

  /** No more watches to be had (inotify's limit): a look each half second is left. */
  #poll(): void {
    const timer = setInterval(() => this.#isClosed ? clearInterval(timer) : this.#notify(), 500);
  }
}

/** The error of whoever asks for the log of an attempt that is not here. */
export function logNotHeld({ jobId, index, attempt }: AttemptRef): MusterError {
  const name = `attempt ${attempt} of task ${index} of job "${jobId}"`;
  return new MusterError("NotFound", `Cannot read the log of ${name}: not held on this host`);
}
