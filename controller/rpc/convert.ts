import { createHash } from "node:crypto";
import type { AttemptRef } from "../../core/task.ts";
import type { Instant } from "../../core/time.ts";
import { causeFromNumber, hashToBytes, refOf, resultFromMessage } from "../../proto/convert.ts";
import type { AckMessage, EndedMessage, HeldAttemptMessage, ReportMessage } from "../../proto/messages.ts";
import { INLINE_BLOB_BYTES } from "../store/blob_store.ts";
import type { EndedAttempt, HeldAttempt, HostReport, ReportOutcome } from "../jobs/queue.ts";

/** Ages become instants by the controller's clock: `now` is when the message arrived. */
export function heldOf(held: readonly HeldAttemptMessage[], now: Instant): HeldAttempt[] {
  return held.map((attempt) => ({
    ...refOf(attempt.ref),
    epoch: attempt.epoch,
    startedAt: attempt.started ? now - attempt.ageMs : null,
  }));
}

/** A report that can grow by the ones that arrive before it is observed. */
export interface GrowingReport extends HostReport {
  readonly started: { ref: AttemptRef; startedAt: Instant }[];
  readonly ended: EndedAttempt[];
  readonly notStarted: { ref: AttemptRef; reason: string }[];
  readonly lost: { ref: AttemptRef; reason: string }[];
  readonly blobs: { sha256: Uint8Array; data: Uint8Array }[];
}

export function emptyReport(): GrowingReport {
  return { started: [], ended: [], notStarted: [], lost: [], blobs: [] };
}

/**
 * Adds what a message says, which arrived at `now`. Blobs whose bytes are not those of their name are left out:
 * the ends that name them are answered as incomplete.
 */
export function addReport(report: GrowingReport, message: ReportMessage, now: Instant): void {
  for (const { ref, ageMs } of message.started) {
    report.started.push({ ref: refOf(ref), startedAt: now - ageMs });
  }
  for (const ended of message.ended) report.ended.push(endedOf(ended, now));
  for (const { ref, reason } of message.notStarted) report.notStarted.push({ ref: refOf(ref), reason });
  for (const { ref, reason } of message.lost) report.lost.push({ ref: refOf(ref), reason });
  for (const { sha256, data } of message.blobs) if (isBlob(sha256, data)) report.blobs.push({ sha256, data });
}

function isBlob(sha256: Uint8Array, data: Uint8Array): boolean {
  return data.length <= INLINE_BLOB_BYTES && createHash("sha256").update(data).digest().equals(sha256);
}

function endedOf(message: EndedMessage, now: Instant): EndedAttempt {
  const endedAt = now - message.ageMs;
  return {
    ref: refOf(message.ref),
    epoch: message.epoch,
    cause: causeFromNumber(message.cause),
    exitCode: message.exitCode,
    startedAt: endedAt - message.ranMs,
    endedAt,
    reason: message.reason === "" ? null : message.reason,
    result: resultFromMessage(message),
  };
}

export function ackOf(outcome: ReportOutcome): AckMessage {
  return {
    refs: [...outcome.ack],
    missing: outcome.missing.map(({ ref, sha256 }) => ({ ref, sha256: sha256.map(hashToBytes) })),
  };
}
