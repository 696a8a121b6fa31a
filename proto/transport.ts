import type { MusterError } from "../core/errors.ts";

/** One end of a two-way stream of messages. */
export interface MessageStream<In, Out> {
  /** Sends; false once the other side is slow to take: await {@linkcode drained} before much more. Does nothing after the end. */
  send(message: Partial<Out>): boolean;
  /** Resolves when there is room again, or the stream is over. */
  drained(): Promise<void>;
  /** Each message in its order; set it in the turn that got the stream. */
  onMessage(listener: (message: In) => void): void;
  pause(): void;
  resume(): void;
  /** Ends it well, after what was sent; with an error, ends it with that. */
  end(error?: MusterError): void;
  /** Resolves once, when either side ended it or the line was cut: null for a good end. Never rejects. */
  readonly closed: Promise<MusterError | null>;
}

/** Numbers of the transport, both ends. */
export const LIMITS = {
  /** Bytes of one message: room for an end that names 100,000 output files. */
  messageBytes: 64 * 1024 * 1024,
  /** Silence after which the transport pings, and how long it waits for the answer, in ms. */
  keepaliveMs: 10_000,
  keepaliveTimeoutMs: 5_000,
  /** Time a caller has to show its certificate, in ms, and how many callers may be at that. */
  handshakeMs: 10_000,
  strangers: 256,
  /** Calls one connection may have open: a session and the bytes beside it. */
  streams: 256,
  /** Bytes of one chunk of a blob or log. */
  chunkBytes: 64 * 1024,
} as const;
