import { MusterError } from "../../core/errors.ts";
import { errorOfText } from "../../proto/status.ts";
import type { LogChunkMessage } from "../../proto/messages.ts";

/** How long a host may take to open its stream, in ms. */
const OPEN_MS = 10_000;

interface Waiting {
  readonly hostId: string;
  resolve(stream: ReadableStream<Uint8Array>): void;
  reject(error: MusterError): void;
}

/** Joins readers who wait for a host's bytes to the streams that hosts open for them, by a secret ticket. */
export class LogTickets {
  readonly #waiting = new Map<string, Waiting>();
  readonly #openMs: number;

  constructor(openMs: number = OPEN_MS) {
    this.#openMs = openMs;
  }

  /** Asks the host with `ask` (false: it has no session) and waits for its stream. Throws `Unreachable`, `NotFound`. */
  open(
    hostId: string,
    ask: (ticket: string) => boolean,
    signal?: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const ticket = crypto.getRandomValues(new Uint8Array(16)).toHex();
    return new Promise((resolve, reject) => {
      const give = (error: MusterError) => this.#take(ticket)?.reject(error);
      const timer = setTimeout(() => give(unreachable("it did not open the log in time")), this.#openMs);
      const onAbort = () => give(new MusterError("Interrupted", "Reading the log was interrupted"));
      const settled = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      this.#waiting.set(ticket, {
        hostId,
        resolve: (stream) => (settled(), resolve(stream)),
        reject: (error) => (settled(), reject(error)),
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      if (signal?.aborted) onAbort();
      else if (!ask(ticket)) give(unreachable("it is away"));
    });
  }

  /** Ends the waits for a host whose session is over. */
  hostLeft(hostId: string): void {
    for (const [ticket, waiting] of this.#waiting) {
      if (waiting.hostId === hostId) this.#take(ticket)?.reject(unreachable("its session ended"));
    }
  }

  /** A host's PutLog: hands the bytes to the reader; resolves when the reader has them all or wants no more. */
  async accept(
    hostId: string,
    chunks: AsyncIterable<LogChunkMessage>,
    signal: AbortSignal,
  ): Promise<void> {
    const iterator = chunks[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (first.done === true) throw new MusterError("InvalidInput", "Cannot take a log: no ticket came");
    const waiting = this.#waiting.get(first.value.ticket);
    if (waiting === undefined || waiting.hostId !== hostId) {
      throw new MusterError("NotFound", "Cannot take a log: nobody waits for it");
    }
    this.#take(first.value.ticket);
    if (first.value.error !== "") return waiting.reject(errorOfText(first.value.error));
    const { stream, over } = readableOf(first.value.data, iterator, signal);
    waiting.resolve(stream);
    await over;
  }

  #take(ticket: string): Waiting | undefined {
    const waiting = this.#waiting.get(ticket);
    this.#waiting.delete(ticket);
    return waiting;
  }
}

function unreachable(why: string): MusterError {
  return new MusterError("Unreachable", `Cannot read a log from the host: ${why}`);
}

/** Pulls only as the reader reads: a slow reader slows the host. */
function readableOf(
  first: Uint8Array,
  rest: AsyncIterator<LogChunkMessage>,
  signal: AbortSignal,
): { readonly stream: ReadableStream<Uint8Array>; readonly over: Promise<void> } {
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      if (first.length > 0) controller.enqueue(first);
      signal.addEventListener("abort", () => {
        controller.error(unreachable("the line was cut"));
        end();
      }, { once: true });
    },
    async pull(controller) {
      try {
        const next = await rest.next();
        if (next.done !== true) return controller.enqueue(next.value.data);
        controller.close();
      } catch {
        controller.error(unreachable("the line was cut"));
      }
      end();
    },
    cancel: end,
  });
  return { stream, over };
}
