import assert from "node:assert/strict";
import { WaitingLine } from "../../../agent/waiting_line.ts";
import type { Assignment } from "../../../agent/work.ts";

const anItem = (jobId: string, index: number): Assignment => ({
  ref: { jobId, index, attempt: 1 },
  epoch: 1,
  job: {
    jobId,
    jobName: jobId,
    cpus: jobId === "big" ? 8 : 1,
    memoryBytes: null,
    gpus: 0,
    timeoutSeconds: null,
    inPlace: null,
    keepsAll: true,
  },
  command: { argv: ["true"] },
  env: {},
  results: null,
});
const names = (line: WaitingLine, fits: (assignment: Assignment) => boolean = () => true, nowMs = 0) => {
  const taken: string[] = [];
  for (;;) {
    const next = line.next((assignment) => fits(assignment) ? true : null, nowMs);
    if (next === null) return taken;
    taken.push(`${next[0].ref.jobId}${next[0].ref.index}`);
  }
};

Deno.test("WaitingLine serves first come, first served", () => {
  const line = new WaitingLine();
  for (const [job, index] of [["a", 1], ["b", 1], ["a", 2]] as const) line.push(anItem(job, index));
  assert.equal(line.size, 3);
  assert.deepEqual(names(line), ["a1", "a2", "b1"]);
  assert.equal(line.size, 0);
});

Deno.test("WaitingLine lets others pass what does not fit, but not for ever", () => {
  const line = new WaitingLine();
  line.push(anItem("big", 1));
  line.push(anItem("a", 1));
  const small = ({ job }: Assignment) => job.cpus < 8;
  assert.deepEqual(names(line, small, 0), ["a1"]);
  line.push(anItem("a", 2));
  assert.deepEqual(names(line, small, 31_000), []);
  assert.deepEqual(names(line, () => true, 31_000), ["big1", "a2"]);
});

Deno.test("WaitingLine forgets what was removed, also among thousands", () => {
  const line = new WaitingLine();
  for (let index = 1; index <= 5000; index++) line.push(anItem("a", index));
  for (let index = 1; index <= 5000; index += 2) assert.ok(line.remove(`a:${index}:1`));
  assert.equal(line.remove("a:1:1"), null);
  assert.deepEqual(names(line).slice(0, 2), ["a2", "a4"]);
});
