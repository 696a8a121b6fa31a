import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { JobBody } from "../../core/api/jobs.ts";
import { createCalls } from "../../clients/typescript/calls.ts";
import { type ProcessFleet, startProcessFleet } from "../labs/process_fleet.ts";
import { seededRandom } from "../labs/random.ts";
import { say } from "../labs/say.ts";

const ROUNDS = Number(Deno.env.get("MUSTER_TEST_KILLS") ?? 6) >= 50 ? 16 : 6;

Deno.test(`a controller killed ${ROUNDS} times while it takes a job has it whole or not at all, and once`, async () => {
  const random = seededRandom();
  await using fleet = await startProcessFleet();
  const seen = { acknowledged: 0, kept: 0, absent: 0 };
  for (let round = 1; round <= ROUNDS; round++) {
    // Jobs of one transaction, and jobs that are written in pieces.
    const total = round % 2 === 0 ? random.between(1, 2000) : random.between(60_000, 200_000);
    // No host has this many CPUs: the tasks stay pending.
    const body = { name: `round-${round}`, command: { argv: ["true"] }, seq: total, cpus: 100_000 };
    const usualMs = await timeOf(submit(fleet, { ...body, name: `usual-${round}` }));
    const waitMs = random.between(0, Math.ceil(usualMs));
    const what = `seed ${random.seed}, round ${round}, ${total} tasks, killed after ${waitMs} ms`;
    const answer = submit(fleet, body).catch(() => null);
    await delay(waitMs);
    fleet.kill("controller");
    const acknowledged = await answer;
    fleet.startController();
    await fleet.answers();
    const kept = await assertWhole(fleet, body.name, total, what);
    if (acknowledged !== null) assert.equal(kept?.id, acknowledged.id, what);
    const again = await submit(fleet, body);
    if (kept !== null) assert.equal(again.id, kept.id, what);
    assert.equal((await assertWhole(fleet, body.name, total, what))?.id, again.id, what);
    seen[acknowledged !== null ? "acknowledged" : kept !== null ? "kept" : "absent"]++;
  }
  say(`submit_kill_test: seed ${random.seed}, ${JSON.stringify(seen)}`);
});

/** The one job of that name with all its tasks, or null if there is none. */
async function assertWhole(
  fleet: ProcessFleet,
  name: string,
  total: number,
  what: string,
): Promise<JobBody | null> {
  const { items: [job, ...others] } = await fleet.client.jobs({ name });
  assert.equal(others.length, 0, `${what}: ${others.length + 1} jobs of one key`);
  if (job === undefined) return null;
  assert.deepEqual([job.total, job.counts.pending], [total, total], what);
  assert.equal((await fleet.client.task(job.id, total)).state, "pending", what);
  return job;
}

async function timeOf(work: Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work;
  return performance.now() - begin;
}

/** One try, with the name as its key. */
async function submit(fleet: ProcessFleet, body: { readonly name: string }): Promise<JobBody> {
  const calls = createCalls({ kind: "socket", path: fleet.home.controller.socket });
  const headers = { "idempotency-key": body.name };
  try {
    const response = await calls.tryOpen({ method: "POST", path: "/jobs", body, headers });
    return await response.json();
  } finally {
    calls.close();
  }
}
