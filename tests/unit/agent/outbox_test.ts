import assert from "node:assert/strict";
import { Outbox } from "../../../agent/outbox.ts";
import { anEnd, aRef } from "../../fakes/recording_work.ts";

Deno.test("Outbox says an attempt that ended before its begin was said by its end alone", () => {
  const outbox = new Outbox();
  outbox.started(aRef(1), 5);
  outbox.started(aRef(2), 6);
  outbox.ended(anEnd({ ref: aRef(1) }));
  const batch = outbox.take();
  assert.deepEqual(batch.started, [{ ref: aRef(2), startedAtMs: 6 }]);
  assert.deepEqual(batch.ends.map(({ ref }) => ref), [aRef(1)]);
  assert.equal(outbox.isWaiting, false);
});

Deno.test("Outbox says ends again at each register until they are forgotten, and nothing else", () => {
  const outbox = new Outbox();
  for (const index of [1, 2]) outbox.ended(anEnd({ ref: aRef(index) }));
  outbox.take();
  outbox.started(aRef(3), 1);
  outbox.notStarted(aRef(4), "killed");
  outbox.forget([aRef(1)]);
  outbox.registering();
  const batch = outbox.take();
  assert.deepEqual(batch.ends.map(({ ref }) => ref), [aRef(2)]);
  assert.deepEqual([batch.started, batch.notStarted, batch.lost], [[], [], []]);
  assert.equal(outbox.unsettled, 1);
});

Deno.test("Outbox keeps losses over a register, which answers for them, and says each once", () => {
  const outbox = new Outbox();
  outbox.lost(aRef(1), "lane gone");
  assert.deepEqual(outbox.losses, [aRef(1)]);
  outbox.registering();
  assert.deepEqual(outbox.take().lost, [{ ref: aRef(1), reason: "lane gone" }]);
  assert.deepEqual(outbox.losses, []);
  outbox.registering();
  assert.deepEqual(outbox.take().lost, []);
});

Deno.test("Outbox.say() leaves out an end that was acknowledged or replaced meanwhile", () => {
  const outbox = new Outbox();
  const first = anEnd();
  outbox.ended(first);
  outbox.ended(anEnd({ exitCode: 1 }));
  outbox.take();
  outbox.say(first);
  assert.equal(outbox.isWaiting, false);
});

Deno.test("Outbox calls onWaiting once until its batch is taken", () => {
  const outbox = new Outbox();
  const calls: string[] = [];
  outbox.onWaiting = (what) => calls.push(what);
  outbox.started(aRef(1), 1);
  outbox.ended(anEnd({ ref: aRef(1) }));
  outbox.take();
  outbox.lost(aRef(1), "exit status lost");
  assert.deepEqual(calls, ["begin", "end"]);
  assert.deepEqual(outbox.take().lost, [{ ref: aRef(1), reason: "exit status lost" }]);
  assert.equal(outbox.unsettled, 0);
});
