import { errorText } from "../proto/status.ts";
import { LIMITS } from "../proto/transport.ts";
import type { LogChunkMessage, OpenLogMessage } from "../proto/messages.ts";
import { refOf } from "../proto/convert.ts";
import type { Work } from "./work.ts";

/** What a reader asked for, as chunks with its ticket first; an error travels in the only chunk. */
export async function* logChunks(
  work: Pick<Work, "openLog">,
  asked: OpenLogMessage,
  signal: AbortSignal,
): AsyncGenerator<Partial<LogChunkMessage>> {
  const opened = await open(work, asked, signal);
  if (typeof opened === "string") return yield { ticket: asked.ticket, error: opened };
  yield { ticket: asked.ticket };
  const reader = opened.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    while (!signal.aborted) {
      const { done, value } = await reader.read();
      if (done) return;
      for (let at = 0; at < value.length; at += LIMITS.chunkBytes) {
        yield { data: value.subarray(at, at + LIMITS.chunkBytes) };
      }
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

async function open(
  work: Pick<Work, "openLog">,
  asked: OpenLogMessage,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array> | string> {
  try {
    return await work.openLog(refOf(asked.ref), { offset: asked.offset, follow: asked.follow, signal });
  } catch (error) {
    return errorText(error);
  }
}
