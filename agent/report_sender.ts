import { messageOf, MusterError } from "../core/errors.ts";
import type { AttemptRef } from "../core/task.ts";
import { hashFromBytes, refOf } from "../proto/convert.ts";
import type { ControllerConnection } from "../proto/grpc_client.ts";
import type { AckMessage, ReportMessage } from "../proto/messages.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../system/log.ts";
import type { Outbox } from "./outbox.ts";
import { reportMessages } from "./report_messages.ts";
import type { Uploads } from "./uploads.ts";
import type { AttemptEnd, Work } from "./work.ts";

/** Begins, and ends while earlier ones are not acknowledged, wait this long for company, in ms. */
const GATHER_MS = 2;

export interface ReportSenderParts {
  readonly work: Work;
  readonly outbox: Outbox;
  readonly uploads: Uploads;
  readonly clock: Clock;
  readonly log: Log;
  readonly offerAgainMs: number;
  readonly connection: Pick<ControllerConnection, "putBlob">;
  /** Aborted when the line is over. */
  readonly signal: AbortSignal;
  /** False once the line is slow to take. */
  send(report: ReportMessage): boolean;
  drained(): Promise<void>;
  /** Called before each batch. */
  beforeReport(): void;
}

/** Sends what the outbox holds over one line, each end after its large blobs, and takes the acknowledgements. */
export class ReportSender {
  readonly #parts: ReportSenderParts;
  #unacknowledged = 0;
  #isFlushing = false;

  constructor(parts: ReportSenderParts) {
    this.#parts = parts;
  }

  flushSoon(what: "begin" | "end"): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    if (what === "end" && this.#unacknowledged === 0) queueMicrotask(() => this.flush());
    else setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Sends what waits, then waits for the line to take it: a slow controller slows the reports. */
  flush(): void {
    if (this.#parts.signal.aborted) return;
    this.#isFlushing = true;
    const { outbox, clock } = this.#parts;
    this.#parts.beforeReport();
    const batch = outbox.take();
    const ends = batch.ends.filter((end) => this.#isReady(end));
    this.#unacknowledged += ends.length;
    let hasRoom = true;
    for (const report of reportMessages({ ...batch, ends }, clock.monotonicMs())) {
      hasRoom = this.#parts.send(report);
    }
    if (hasRoom) this.#flushed();
    else void this.#parts.drained().then(() => this.#flushed());
  }

  #flushed(): void {
    this.#isFlushing = false;
    if (this.#parts.outbox.isWaiting) this.flushSoon("begin");
  }

  /** Whether the end can be said now; its blobs are sent if not, and it is said after them. */
  #isReady(end: AttemptEnd): boolean {
    const needed = this.#parts.uploads.needed(end);
    const sends = needed.flatMap((sha256) => {
      const path = this.#parts.work.blobPath(sha256);
      return path === null ? [] : [{ sha256, path }];
    });
    if (sends.length === 0) return true;
    void this.#sendBlobs(end, sends);
    return false;
  }

  async #sendBlobs(
    end: AttemptEnd,
    sends: readonly { readonly sha256: string; readonly path: string }[],
  ): Promise<void> {
    const { signal } = this.#parts;
    const sent = sends.map(({ sha256, path }) =>
      this.#parts.uploads.send(this.#parts.connection, sha256, path, signal)
    );
    const results = await Promise.allSettled(sent);
    if (signal.aborted) return;
    const failed = results.findIndex((result) => result.status === "rejected");
    if (failed === -1) return this.#parts.outbox.say(end);
    this.#blobFailed(end, sends[failed]!.sha256, (results[failed] as PromiseRejectedResult).reason);
  }

  /** A file that is gone or changed is the work's to settle; anything else may be better in a while. */
  #blobFailed(end: AttemptEnd, sha256: string, error: unknown): void {
    const code = error instanceof MusterError ? error.code : "Internal";
    this.#parts.log.warn("cannot send a blob", { ...end.ref, sha256, code, error: messageOf(error) });
    if (code === "NotFound" || code === "InvalidInput") return this.#incomplete(end.ref, [sha256]);
    Deno.unrefTimer(setTimeout(() => this.#parts.outbox.say(end), this.#parts.offerAgainMs));
  }

  acknowledged(ack: AckMessage): void {
    const { outbox, uploads, work } = this.#parts;
    const refs = ack.refs.map(refOf);
    this.#unacknowledged = Math.max(0, this.#unacknowledged - refs.length - ack.missing.length);
    outbox.forget(refs);
    if (refs.length > 0) work.acknowledged(refs);
    for (const missing of ack.missing) {
      const sha256 = missing.sha256.map(hashFromBytes);
      uploads.lacks(sha256);
      this.#missing(refOf(missing.ref), sha256);
    }
  }

  /** Says the end again if its blobs are at hand; else the work must settle it. */
  #missing(ref: AttemptRef, sha256: readonly string[]): void {
    const end = this.#parts.outbox.end(ref);
    const isAtHand = (name: string) =>
      end !== null && (end.inline.has(name) || this.#parts.work.blobPath(name) !== null);
    if (end !== null && sha256.every(isAtHand)) this.#parts.outbox.say(end);
    else this.#incomplete(ref, sha256);
  }

  #incomplete(ref: AttemptRef, sha256: readonly string[]): void {
    this.#parts.outbox.forget([ref]);
    this.#parts.work.incomplete(ref, sha256);
  }
}
