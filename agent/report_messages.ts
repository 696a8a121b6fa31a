import type { ReportMessage } from "../proto/messages.ts";
import type { Batch } from "./outbox.ts";
import { ageMs, endToMessage, inlineToMessage } from "./wire.ts";
import type { AttemptEnd } from "./work.ts";

/** A message ends at about this many bytes, or this many records. */
const ENOUGH_BYTES = 256 * 1024;
const ENOUGH_RECORDS = 500;
/** Bytes of a record without its texts, about. */
const RECORD_BYTES = 100;

/**
 * A batch as Report messages of bounded size. Blobs go before the first end that names them, once a batch. Ages
 * are of `nowMs`, so the messages are for sending at once.
 */
export function* reportMessages(batch: Batch, nowMs: number): Generator<ReportMessage> {
  const sent = new Set<string>();
  let message = emptyMessage();
  let bytes = 0;
  let records = 0;
  const isFull = () => bytes >= ENOUGH_BYTES || records >= ENOUGH_RECORDS;
  const next = () => {
    const full = message;
    message = emptyMessage();
    bytes = 0;
    records = 0;
    return full;
  };
  const count = (size: number) => {
    bytes += size;
    records += 1;
  };
  for (const { ref, startedAtMs } of batch.started) {
    message.started.push({ ref, ageMs: ageMs(startedAtMs, nowMs) });
    count(RECORD_BYTES);
    if (isFull()) yield next();
  }
  for (const end of batch.ends) {
    for (const [sha256, data] of end.inline) {
      if (sent.has(sha256)) continue;
      sent.add(sha256);
      message.blobs.push(inlineToMessage(sha256, data));
      count(data.length + RECORD_BYTES);
      if (isFull()) yield next();
    }
    message.ended.push(endToMessage(end, nowMs));
    count(endBytes(end));
    if (isFull()) yield next();
  }
  for (const kind of ["notStarted", "lost"] as const) {
    for (const unheld of batch[kind]) {
      message[kind].push(unheld);
      count(RECORD_BYTES + unheld.reason.length);
      if (isFull()) yield next();
    }
  }
  if (records > 0) yield next();
}

function emptyMessage(): ReportMessage {
  return { started: [], ended: [], notStarted: [], lost: [], blobs: [] };
}

function endBytes(end: AttemptEnd): number {
  let bytes = RECORD_BYTES + (end.reason?.length ?? 0);
  for (const file of end.result.files) bytes += file.src.length + 50;
  return bytes;
}
