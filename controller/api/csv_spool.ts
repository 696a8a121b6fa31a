import { formatCsv } from "../../core/csv.ts";

/** Rows that are packed together. */
const BATCH = 500;

/** A CSV that grows while an archive is written, and is written last: a tar entry must know its size before. */
export interface CsvSpool {
  add(row: readonly string[]): Promise<void>;
  end(): Promise<{ readonly size: number; open(): Promise<ReadableStream<Uint8Array>> }>;
}

/** Keeps the rows deflated in memory, about a tenth of their size. */
export function createCsvSpool(header: readonly string[]): CsvSpool {
  const deflate = new CompressionStream("deflate-raw");
  const packed = new Response(deflate.readable).blob();
  const writer = deflate.writable.getWriter();
  const encoder = new TextEncoder();
  let rows: (readonly string[])[] = [header];
  let size = 0;
  const flush = async () => {
    const [first, ...rest] = rows;
    if (first === undefined) return;
    const bytes = encoder.encode(formatCsv(first, rest));
    rows = [];
    size += bytes.byteLength;
    await writer.write(bytes);
  };
  return {
    async add(row) {
      rows.push(row);
      if (rows.length >= BATCH) await flush();
    },
    async end() {
      await flush();
      await writer.close();
      const blob = await packed;
      return {
        size,
        open: () => Promise.resolve(blob.stream().pipeThrough(new DecompressionStream("deflate-raw"))),
      };
    },
  };
}
