import assert from "node:assert/strict";
import type { Batch } from "../../../agent/outbox.ts";
import { reportMessages } from "../../../agent/report_messages.ts";
import { anEnd, aRef, bytesOf } from "../../fakes/recording_work.ts";

const NOTHING: Batch = { started: [], ends: [], notStarted: [], lost: [] };

Deno.test("reportMessages() says nothing of an empty batch", () => {
  assert.deepEqual([...reportMessages(NOTHING, 0)], []);
});

Deno.test("reportMessages() gives ages by the monotonic clock, never negative", () => {
  const ends = [anEnd({ endedAtMs: 990.4, ranMs: 3.2 }), anEnd({ endedAtMs: 2000 })];
  const started = [{ ref: aRef(9), startedAtMs: 400 }];
  const [message] = [...reportMessages({ ...NOTHING, ends, started }, 1000)];
  assert.deepEqual(message!.ended.map(({ ageMs, ranMs }) => [ageMs, ranMs]), [[10, 3], [0, 5]]);
  assert.equal(message!.started[0]!.ageMs, 600);
});

Deno.test("reportMessages() ends a message at 500 records", () => {
  const ends = Array.from({ length: 1_200 }, (_, at) => anEnd({ ref: aRef(at + 1) }));
  const messages = [...reportMessages({ ...NOTHING, ends }, 0)];
  assert.deepEqual(messages.map(({ ended }) => ended.length), [500, 500, 200]);
});

Deno.test("reportMessages() ends a message at 256 KiB, with each blob once and before the ends that name it", () => {
  const ends = Array.from({ length: 100 }, (_, at) => {
    const text = `${at % 50}`.padEnd(16_000, "x");
    return anEnd({ ref: aRef(at + 1), output: bytesOf(text) });
  });
  const seen = new Set<string>();
  let ended = 0;
  for (const message of reportMessages({ ...NOTHING, ends }, 0)) {
    const bytes = message.blobs.reduce((sum, blob) => sum + blob.data.length, 0);
    assert.ok(bytes < 256 * 1024 + 16_384);
    for (const { sha256 } of message.blobs) {
      assert.ok(!seen.has(sha256.toHex()));
      seen.add(sha256.toHex());
    }
    for (const { output } of message.ended) assert.ok(seen.has(output!.sha256.toHex()));
    ended += message.ended.length;
  }
  assert.deepEqual([ended, seen.size], [100, 50]);
});
