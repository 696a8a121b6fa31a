import { Readable } from "node:stream";
import { extract, pack } from "tar-stream";

/** A file for an archive. `mode` are permission bits; `modifiedAt` milliseconds since 1970, default 0. */
export interface TarFile {
  readonly name: string;
  readonly size: number;
  readonly mode: number;
  readonly modifiedAt?: number;
  readonly body: Uint8Array | (() => Promise<ReadableStream<Uint8Array>>);
}

/** A file out of an archive; what is not read of its `body` before the next is asked for is passed over. */
export interface UnpackedFile {
  readonly name: string;
  readonly size: number;
  readonly mode: number;
  readonly body: ReadableStream<Uint8Array>;
}

/**
 * A tar of the files in their order. Holds no more than a few chunks: the next file is asked for when the reader
 * has taken the last. A body of another size than it said fails the stream.
 */
export function packTar(files: AsyncIterable<TarFile>): ReadableStream<Uint8Array> {
  const archive = pack();
  archive.on("error", () => {});
  const write = async () => {
    for await (const file of files) await add(archive, file);
    archive.finalize();
  };
  write().catch((error) => archive.destroy(error instanceof Error ? error : new Error(String(error))));
  return ReadableStream.from(archive as unknown as AsyncIterable<Uint8Array>);
}

/** The regular files of a tar; folders are skipped, links and devices fail. Throws what tar-stream says of a broken one. */
export async function* unpackTar(tar: ReadableStream<Uint8Array>): AsyncGenerator<UnpackedFile> {
  const parser = extract();
  const source = Readable.fromWeb(tar as Parameters<typeof Readable.fromWeb>[0]);
  source.on("error", (error) => parser.destroy(error)).pipe(parser);
  for await (const entry of parser) {
    const { name, size, mode, type } = entry.header;
    if (type === "directory") {
      entry.resume();
      continue;
    }
    if (type !== "file") throw new TypeError(`entry "${name}" is a ${type}, not a file`);
    const chunks = (entry as unknown as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    yield { name, size: size ?? 0, mode: mode ?? 0o644, body: streamOf(chunks) };
    while ((await chunks.next()).done !== true);
  }
}

/** Cancelling it leaves the chunks be: to end an entry early would end the archive. */
function streamOf(chunks: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await chunks.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
  }, { highWaterMark: 0 });
}

type Archive = ReturnType<typeof pack>;

async function add(archive: Archive, file: TarFile): Promise<void> {
  const header = { name: file.name, size: file.size, mode: file.mode, mtime: new Date(file.modifiedAt ?? 0) };
  if (file.body instanceof Uint8Array) return await addWhole(archive, header, file.body);
  await addStream(archive, header, await file.body());
}

type Header = Parameters<Archive["entry"]>[0];

function addWhole(archive: Archive, header: Header, body: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const written = (error?: Error | null) => error ? reject(error) : resolve();
    archive.entry(header, body as Parameters<Archive["entry"]>[1] & Uint8Array, written);
  });
}

async function addStream(archive: Archive, header: Header, body: ReadableStream<Uint8Array>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const entry = archive.entry(header, (error) => error ? reject(error) : resolve());
  // An error without a listener, or a rejection that nobody awaits yet, would end the process.
  entry.on("error", reject);
  promise.catch(() => {});
  for await (const chunk of body) {
    if (!entry.write(chunk)) await drained(entry);
  }
  entry.end(undefined);
  await promise;
}

/** Until the reader has room again, or the archive was given up. */
function drained(entry: ReturnType<Archive["entry"]>): Promise<void> {
  return new Promise((resolve, reject) => {
    entry.once("drain", () => resolve());
    entry.once("close", () => reject(new Error("the archive was given up")));
  });
}
