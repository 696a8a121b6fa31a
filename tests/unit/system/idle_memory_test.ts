import assert from "node:assert/strict";
import { createIdleMemory } from "../../../system/idle_memory.ts";
import { waitUntil } from "../../labs/wait_until.ts";

Deno.test("createIdleMemory() collects once after the last touch, and again after another", async () => {
  let collections = 0;
  const memory = createIdleMemory(20, () => collections++);
  for (let count = 0; count < 5; count++) memory.touch();
  await waitUntil(() => collections === 1);
  memory.touch();
  await waitUntil(() => collections === 2);
  memory.close();
});

Deno.test("createIdleMemory() gives a grown heap back", async () => {
  const memory = createIdleMemory(10);
  let hoard: unknown[] | null = Array.from({ length: 400_000 }, (_, at) => ({ at }));
  const grown = Deno.memoryUsage().heapUsed;
  assert.equal(hoard.length, 400_000);
  hoard = null;
  memory.touch();
  await waitUntil(() => Deno.memoryUsage().heapUsed < grown - 5e6);
  memory.close();
});
