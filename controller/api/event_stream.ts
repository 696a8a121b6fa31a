import type { ApiContext } from "./context.ts";

/** How often a comment is sent while nothing happens, so that neither side takes the line for dead. */
const KEEPALIVE_MS = 15_000;

/** One server-sent event. `id` is what a client gives back as `Last-Event-ID`. */
export interface ServerEvent {
  readonly event?: string;
  readonly id?: number;
  readonly data: unknown;
}

/**
 * Answers with the events of `source` until it is done, the client leaves or the controller stops; `source` is
 * told by its signal.
 */
export function eventStream(
  c: ApiContext,
  source: (signal: AbortSignal) => AsyncIterable<ServerEvent>,
  options: { readonly keepaliveMs?: number } = {},
): Response {
  const left = new AbortController();
  const signal = AbortSignal.any([left.signal, c.req.raw.signal, c.env.stopping]);
  const encoder = new TextEncoder();
  const events = source(signal)[Symbol.asyncIterator]();
  let keepalive: ReturnType<typeof setInterval> | undefined;
  const end = () => {
    clearInterval(keepalive);
    // A source that waits for its next event to be taken would else never let go of what it holds.
    events.return?.().catch(() => {});
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // Sent at once, so that the client sees the headers before the first event.
      controller.enqueue(encoder.encode(":\n\n"));
      keepalive = setInterval(
        () => controller.enqueue(encoder.encode(":\n\n")),
        options.keepaliveMs ?? KEEPALIVE_MS,
      );
    },
    async pull(controller) {
      try {
        const next = signal.aborted ? { done: true as const } : await events.next();
        if (next.done !== true) return controller.enqueue(encoder.encode(eventText(next.value)));
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      end();
    },
    cancel() {
      left.abort();
      end();
    },
  }, { highWaterMark: 2 });
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

/** JSON holds no raw line breaks, so one `data:` line is enough. */
function eventText({ event, id, data }: ServerEvent): string {
  const head = (event === undefined ? "" : `event: ${event}\n`) + (id === undefined ? "" : `id: ${id}\n`);
  return `${head}data: ${JSON.stringify(data)}\n\n`;
}
