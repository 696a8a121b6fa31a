import assert from "node:assert/strict";
import { SampleWatchers } from "../../../../controller/hosts/sample_watchers.ts";

const SAMPLE = { at: 1, cpuUsed: 1, memoryUsedBytes: 1, gpus: [] };

Deno.test("SampleWatchers asks for samples while a host has listeners, whichever leaves first", () => {
  const asked: [string, boolean][] = [];
  const watchers = new SampleWatchers((...ask) => asked.push(ask));
  let heard = 0;
  const listener = () => heard++;
  const stops = [watchers.add("a", listener), watchers.add("a", listener), watchers.add("b", () => {})];
  assert.deepEqual(asked, [["a", true], ["b", true]]);
  watchers.tell("a", SAMPLE);
  assert.equal(heard, 2);
  stops[0]!();
  stops[0]!();
  assert.deepEqual([watchers.isWatched("a"), asked.length], [true, 2]);
  stops[1]!();
  assert.deepEqual([watchers.isWatched("a"), asked.at(-1)], [false, ["a", false]]);
  watchers.tell("a", SAMPLE);
  assert.equal(heard, 2);
  watchers.add("a", listener);
  assert.deepEqual(asked.at(-1), ["a", true]);
});
