import assert from "node:assert/strict";
import { exitOf, NO_MEMORY_FACTS, outOfMemory } from "../../../../agent/keeper/exit_of.ts";
import type { EndFacts } from "../../../../agent/keeper/exit_of.ts";

const facts = (changes: Partial<EndFacts>): EndFacts => ({
  record: { exitCode: 0, userCpuSeconds: 3.5, systemCpuSeconds: 1 },
  before: { userCpuSeconds: 3, systemCpuSeconds: 1 },
  hasBegun: true,
  cannotEnter: false,
  ending: null,
  memory: NO_MEMORY_FACTS,
  endedAtMs: 5,
  ...changes,
});
const GIB = 2 ** 30;

Deno.test("exitOf() gives CPU time as the difference of two records", () => {
  assert.deepEqual(exitOf(facts({})).usage, {
    userCpuSeconds: 0.5,
    systemCpuSeconds: 0,
    maxMemoryBytes: null,
    source: "times",
  });
  assert.equal(exitOf(facts({ before: null })).usage.userCpuSeconds, null);
  assert.equal(exitOf(facts({ before: null })).usage.source, null);
});

Deno.test("exitOf() never takes a missing record for exit code 0", () => {
  const lost = exitOf(facts({ record: null }));
  assert.deepEqual([lost.isLost, lost.exitCode, lost.reason], [true, null, "exit status lost"]);
  const ended = exitOf(facts({ record: null, ending: { cause: "killed", reason: null } }));
  assert.deepEqual([ended.isLost, ended.exitCode, ended.cause], [false, null, "killed"]);
  assert.equal(exitOf(facts({ record: null, hasBegun: false })).hasBegun, false);
});

Deno.test("exitOf() blames memory only where the kernel killed and the command failed", () => {
  const memory = { peakBytes: 3.9 * GIB, source: "cgroup2", wasOomKilled: true, limitBytes: 4 * GIB };
  const record = { exitCode: 137, userCpuSeconds: 0, systemCpuSeconds: 0 };
  assert.equal(exitOf(facts({ memory })).cause, "exit");
  const exit = exitOf(facts({ memory, record }));
  assert.deepEqual([exit.cause, exit.exitCode, exit.reason], [
    "memory",
    137,
    "out of memory: used 3.9 of 4 GiB",
  ]);
  assert.equal(exitOf(facts({ memory, record: null })).cause, "memory");
});

Deno.test("outOfMemory() says how much was used in the unit of the limit", () => {
  assert.equal(outOfMemory(100 * 2 ** 20, 64 * 2 ** 20), "out of memory: used 100 of 64 MiB");
  assert.equal(outOfMemory(null, 2 * GIB), "out of memory: the limit is 2 GiB");
  assert.equal(outOfMemory(null, null), "out of memory");
});
