import assert from "node:assert/strict";
import { DiskGuard } from "../../../agent/disk_guard.ts";

const GIB = 2 ** 30;

Deno.test("DiskGuard says how much is free and how much is wanted", () => {
  assert.equal(
    new DiskGuard(() => 1.9 * GIB).refusing,
    "disk nearly full: 1.9 GiB free, 2 GiB wanted",
  );
  assert.equal(new DiskGuard(() => 2 * GIB).refusing, null);
});

Deno.test("DiskGuard does not refuse work where free space cannot be told", () => {
  assert.equal(new DiskGuard(() => null).refusing, null);
  const failing = () => {
    throw new Error("no such device");
  };
  assert.equal(new DiskGuard(failing).refusing, null);
});

Deno.test("DiskGuard reads at most once a second, but anew for a full disk", () => {
  let reads = 0;
  let free = GIB;
  const guard = new DiskGuard(() => (reads++, free));
  for (let time = 0; time < 100; time++) guard.refusing;
  assert.equal(reads, 1);
  assert.equal(guard.isFull(), false);
  free = 1000;
  assert.equal(guard.isFull(), true);
  const roomy = new DiskGuard(() => (reads++, 100 * GIB));
  reads = 0;
  for (let time = 0; time < 100; time++) roomy.isFull();
  assert.equal(reads, 1);
});
