import assert from "node:assert/strict";
import { halfWrittenJobs, listJobs } from "../../../../controller/store/jobs.ts";
import { aSpec } from "../../../builders/a_job.ts";
import { anEnd, type QueueLab, queueLab } from "../../../labs/queue_lab.ts";
import { aHost } from "../../../builders/a_host.ts";
import { FakeFleet } from "../../../fakes/fake_fleet.ts";

/** More rows than one change writes. */
const LARGE = 5_000;

function submit(lab: QueueLab, total: number, uniqueName = true) {
  const spec = aSpec({ command: { argv: ["true"] }, columns: [], total });
  return lab.queue.submit(spec, null, null, { uniqueName });
}

/** The jobs that were stored, and the error of the others. */
async function outcomes(submissions: readonly ReturnType<typeof submit>[]) {
  const settled = await Promise.allSettled(submissions);
  return {
    stored: settled.flatMap((each) => each.status === "fulfilled" ? [each.value] : []),
    refused: settled.flatMap((each) => each.status === "rejected" ? [each.reason] : []),
  };
}

Deno.test("submit() with uniqueName lets one of those that come at one instant through", async (t) => {
  const cases: [string, readonly number[], string][] = [
    ["small ones", [2, 2, 2], "pending"],
    ["large ones", [LARGE, LARGE], "being submitted"],
    ["a large one, then a small one", [LARGE, 2], "being submitted"],
    ["a small one, then a large one", [2, LARGE], "pending"],
  ];
  for (const [name, totals, state] of cases) {
    await t.step(name, async () => {
      await using lab = await queueLab();
      const { stored, refused } = await outcomes(totals.map((total) => submit(lab, total)));
      assert.deepEqual(stored.map(({ spec }) => spec.total), [totals[0]]);
      assert.equal(refused.length, totals.length - 1);
      for (const error of refused) {
        const { id } = stored[0]!;
        assert.equal(error.code, "Conflict");
        assert.equal(
          error.message,
          `Cannot submit job "words": job ${id} of that name is still ${state}`,
        );
        assert.equal(
          error.hint,
          `Wait for it (muster wait ${id}), end it (muster kill ${id}), or leave -n out`,
        );
      }
      assert.equal(lab.store.read((db) => listJobs(db)).length, 1);
      assert.deepEqual(lab.store.read(halfWrittenJobs), []);
    });
  }
});

Deno.test("submit() with uniqueName refuses a large job whose name was taken while it was written", async () => {
  await using lab = await queueLab();
  const { stored, refused } = await outcomes([submit(lab, LARGE), submit(lab, 2, false)]);
  assert.deepEqual(stored.map(({ spec }) => spec.total), [2]);
  assert.match(refused[0].message, /is still pending$/);
  assert.deepEqual(lab.store.read(halfWrittenJobs), []);
});

Deno.test("submit() shares names that nobody gave, and takes a given one again once its job has ended", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const first = await submit(lab, 1, false);
  const second = await submit(lab, 1, false);
  await assert.rejects(submit(lab, 1), { code: "Conflict", message: new RegExp(first.id) });
  await lab.settled();
  const ended = [first, second].map(({ id }) => anEnd({ jobId: id, index: 1, attempt: 1 }));
  await lab.report("alpha", { ended });
  assert.equal((await submit(lab, 1)).spec.name, "words");
});
