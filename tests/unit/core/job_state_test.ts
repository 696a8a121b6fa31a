import assert from "node:assert/strict";
import { someCounts } from "../../builders/a_job.ts";
import { isEnded, jobState } from "../../../core/job_state.ts";
import type { Counts, JobState } from "../../../core/job.ts";

const CASES: readonly [Partial<Counts>, JobState][] = [
  [{}, "pending"],
  [{ pending: 3 }, "pending"],
  [{ pending: 2, claimed: 1 }, "running"],
  [{ running: 1 }, "running"],
  [{ pending: 1, complete: 2 }, "running"],
  [{ running: 1, failed: 2 }, "running"],
  [{ complete: 3 }, "complete"],
  [{ complete: 3, killed: 1 }, "killed"],
  [{ complete: 3, killed: 1, failed: 1 }, "failed"],
];

for (const [counts, want] of CASES) {
  Deno.test(`jobState() of ${JSON.stringify(counts)} is ${want}`, () => {
    const all = someCounts(counts);
    assert.equal(jobState(all), want);
    assert.equal(isEnded(all), want !== "pending" && want !== "running");
  });
}
