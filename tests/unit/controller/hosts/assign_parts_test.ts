import assert from "node:assert/strict";
import { assignParts } from "../../../../controller/hosts/assign_parts.ts";
import { controllerMessage } from "../../../../proto/muster.ts";
import type { JobDescriptionMessage } from "../../../../proto/messages.ts";
import { aRef } from "../../../fakes/recording_work.ts";

const JOB = {
  jobId: "job1",
  jobName: "n",
  inPlace: "",
} as unknown as JobDescriptionMessage;

function tasks(count: number, word: string) {
  return Array.from(
    { length: count },
    (_, at) => ({ ref: aRef(at + 1), command: { argv: [word] }, env: { A: "b" }, results: null }),
  );
}

Deno.test("assignParts() keeps each message under 1 MiB, whatever the letters, and the tasks in order", () => {
  for (const word of ["x".repeat(500), "語".repeat(500), "𝒳".repeat(500)]) {
    let described = 0;
    const parts = assignParts(tasks(4_000, word), () => described++ === 0 ? JOB : null);
    assert.ok(parts.length > 4);
    assert.deepEqual(parts.map(({ jobs }) => jobs.length), parts.map((_, at) => at === 0 ? 1 : 0));
    for (const part of parts) {
      assert.ok(controllerMessage.encode({ assign: { epoch: 1, ...part } }).length <= 1_048_576);
    }
    const indexes = parts.flatMap((part) => part.tasks.map(({ ref }) => ref.index));
    assert.deepEqual(indexes, Array.from({ length: 4_000 }, (_, at) => at + 1));
  }
});

Deno.test("assignParts() sends a task that is longer than a message by itself", () => {
  const parts = assignParts(tasks(3, "x".repeat(2_000_000)), () => null);
  assert.deepEqual(parts.map((part) => part.tasks.length), [1, 1, 1]);
  assert.deepEqual(assignParts([], () => null), []);
});
