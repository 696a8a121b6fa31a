import assert from "node:assert/strict";
import fc from "fast-check";
import { Resources } from "../../../agent/resources.ts";
import type { Share } from "../../../agent/resources.ts";

const need = (cpus: number, memoryBytes: number | null = null, gpus = 0) => ({ cpus, memoryBytes, gpus });

Deno.test("Resources packs fractions of CPUs exactly", () => {
  const resources = new Resources({ cpus: 1, memoryBytes: 0, gpus: [] });
  const shares = Array.from({ length: 10 }, () => resources.take(need(0.1)));
  assert.ok(shares.every((share) => share !== null));
  assert.equal(resources.take(need(0.001)), null);
  resources.give(shares[3]!);
  assert.ok(resources.take(need(0.1)));
});

Deno.test("Resources hands a GPU out once", () => {
  const resources = new Resources({ cpus: 8, memoryBytes: 0, gpus: [0, 2, 3] });
  const first = resources.take(need(1, null, 2))!;
  assert.deepEqual(first.gpus, [0, 2]);
  assert.equal(resources.take(need(1, null, 2)), null);
  assert.deepEqual(resources.take(need(1, null, 1))!.gpus, [3]);
  resources.give(first);
  assert.deepEqual(resources.take(need(1, null, 2))!.gpus, [0, 2]);
});

Deno.test("Resources.lacks() says what a host can never give", () => {
  const resources = new Resources({ cpus: 2, memoryBytes: 100, gpus: [0] });
  resources.take(need(2, 100, 1));
  assert.equal(resources.lacks(need(2, 100, 1)), null);
  assert.equal(resources.lacks(need(2.5)), "needs 2.5 CPUs, this host has 2");
  assert.equal(resources.lacks(need(1, 101)), "needs 101 bytes of memory, this host has 100");
  assert.equal(resources.lacks(need(1, null, 2)), "needs 2 GPUs, this host has 1");
});

Deno.test("Resources never hands out more than there is, and gets all of it back", () => {
  const needs = fc.record({
    cpus: fc.integer({ min: 1, max: 3000 }).map((milli) => milli / 1000),
    memoryBytes: fc.option(fc.integer({ min: 0, max: 60 })),
    gpus: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(fc.property(fc.array(fc.oneof(needs, fc.nat({ max: 20 })), { maxLength: 60 }), (steps) => {
    const resources = new Resources({ cpus: 4, memoryBytes: 100, gpus: [0, 1, 2] });
    let held: Share[] = [];
    for (const step of steps) {
      if (typeof step === "number") {
        const [share] = held.splice(step % Math.max(1, held.length), 1);
        if (share !== undefined) resources.give(share);
      } else {
        const share = resources.take(step);
        if (share !== null) held.push(share);
      }
      const gpus = held.flatMap((share) => share.gpus);
      assert.equal(new Set(gpus).size, gpus.length);
      assert.ok(held.reduce((sum, share) => sum + Math.round(share.need.cpus * 1000), 0) <= 4000);
      assert.ok(held.reduce((sum, share) => sum + (share.need.memoryBytes ?? 0), 0) <= 100);
    }
    for (const share of held) resources.give(share);
    held = [];
    assert.deepEqual(resources.take({ cpus: 4, memoryBytes: 100, gpus: 3 })!.gpus, [0, 1, 2]);
  }));
});
