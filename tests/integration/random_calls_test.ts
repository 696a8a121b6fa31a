import assert from "node:assert/strict";
import fc from "fast-check";
import { MusterError } from "../../core/errors.ts";
import { eventsOf } from "../labs/assert_witnessed.ts";
import { type FleetLab, startFleetLab } from "../labs/fleet_lab.ts";
import { JobModel, type Nature } from "../labs/job_model.ts";
import { waitUntil } from "../labs/wait_until.ts";

/** Sequences tried. */
const RUNS = Number(Deno.env.get("MUSTER_TEST_KILLS") ?? 6) >= 50 ? 60 : 8;
const SEED = Number(Deno.env.get("MUSTER_TEST_SEED")) || undefined;

type Call =
  | { readonly kind: "submit"; readonly natures: readonly Nature[] }
  | { readonly kind: "kill"; readonly job: number; readonly indexes?: readonly number[] | undefined }
  | { readonly kind: "reset"; readonly job: number; readonly which: "failed" | "all" }
  | { readonly kind: "delete"; readonly job: number }
  | { readonly kind: "restart"; readonly role: "agent" | "controller" }
  | { readonly kind: "rest" };

const nature = fc.constantFrom<Nature>("ok", "ok", "bad", "long");
const submit = fc.record({
  kind: fc.constant("submit" as const),
  natures: fc.array(nature, { minLength: 1, maxLength: 12 }),
});
const which = fc.nat(9);
const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 3, arbitrary: submit },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("kill" as const),
      job: which,
      indexes: fc.option(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }), {
        nil: undefined,
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("reset" as const),
      job: which,
      which: fc.constantFrom("failed" as const, "all" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), job: which }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("restart" as const),
      role: fc.constantFrom("agent" as const, "agent" as const, "controller" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rest" as const) }) },
);
const calls = fc.tuple(submit, fc.array(call, { minLength: 3, maxLength: 12 })).map((
  [first, rest],
) => [first, ...rest]);

Deno.test("submit, kill, reset, delete and restarts in any order do what a model of them says", async () => {
  await using lab = await startFleetLab();
  const property = fc.asyncProperty(calls, async (sequence) => {
    const jobs: JobModel[] = [];
    for (const each of sequence) await carryOut(lab, jobs, each);
    for (const job of jobs) await rest(lab, job);
    for (const job of jobs) await assertOneEndEach(lab, job);
    await clear(lab);
  });
  // What went wrong once lies in the fleet: a shorter sequence would not begin anew.
  await fc.assert(property, {
    endOnFailure: true,
    numRuns: RUNS,
    ...(SEED === undefined ? {} : { seed: SEED }),
  });
});

async function carryOut(lab: FleetLab, jobs: JobModel[], call: Call): Promise<void> {
  switch (call.kind) {
    case "submit":
      return void jobs.push(await submitted(lab, call.natures));
    case "restart":
      return call.role === "agent" ? await lab.restartAgent() : await lab.restartController();
    case "rest":
      for (const job of jobs) await rest(lab, job);
      return;
  }
  const job = jobs[call.job % jobs.length];
  if (job === undefined) return;
  switch (call.kind) {
    case "kill":
      return await kill(lab, job, call.indexes);
    case "reset":
      return await reset(lab, job, call.which);
    case "delete":
      if (await isDeleted(lab, job)) jobs.splice(jobs.indexOf(job), 1);
  }
}

/** A job whose long tasks run until they are killed. All of its tasks fit on the host at once. */
async function submitted({ client }: FleetLab, natures: readonly Nature[]): Promise<JobModel> {
  const shell = "case {does} in ok) ;; bad) exit 1;; long) sleep 600;; esac";
  const parameters = { columns: ["does"], rows: natures.map((each) => [each]) };
  const { id, total } = await client.submit({ command: { shell }, parameters, cpus: 0.05 });
  assert.equal(total, natures.length);
  return new JobModel(id, natures);
}

async function kill({ client }: FleetLab, job: JobModel, wanted?: readonly number[]): Promise<void> {
  const indexes = wanted?.filter((index) => index <= job.total);
  if (indexes?.length === 0) return;
  await client.kill(job.id, indexes === undefined ? {} : { indexes });
  job.kill(indexes);
}

async function reset(lab: FleetLab, job: JobModel, which: "failed" | "all"): Promise<void> {
  const before = await waitUntil(async () => {
    const tasks = await tasksOf(lab, job);
    return job.killsAreOver(tasks) && tasks;
  }, { timeoutMs: 30_000, what: `kills in job ${job.id}` });
  const { reset } = await lab.client.reset(job.id, { which });
  const least = job.reset(which, before);
  assert.ok(reset >= least, `${reset} tasks were reset, not at least ${least}`);
}

/** A job that goes on cannot be deleted; one that has ended can. In between both may be seen. */
async function isDeleted({ client }: FleetLab, job: JobModel): Promise<boolean> {
  try {
    await client.deleteJob(job.id);
  } catch (error) {
    assert.ok(error instanceof MusterError && error.code === "Conflict", String(error));
    return false;
  }
  assert.ok(!job.goesOn, `job ${job.id} was deleted while it ran`);
  await assert.rejects(
    client.job(job.id),
    (error) => error instanceof MusterError && error.code === "NotFound",
  );
  return true;
}

async function rest(lab: FleetLab, job: JobModel): Promise<void> {
  const verdict = await waitUntil(async () => job.atRest(await tasksOf(lab, job)), {
    timeoutMs: 30_000,
    what: `job ${job.id} to come to rest`,
  });
  assert.equal(verdict, true);
}

async function assertOneEndEach({ client }: FleetLab, job: JobModel): Promise<void> {
  if (job.goesOn) await client.kill(job.id);
  await waitUntil(async () => (await client.job(job.id)).ended_at !== null, { timeoutMs: 30_000 });
  const ends = new Map<number, number>();
  const events = await eventsOf(client, job.id);
  for (const { kind, index } of events) {
    if (index !== null && /^task\.(complete|failed|killed)$/.test(kind)) {
      ends.set(index, (ends.get(index) ?? 0) + 1);
    }
  }
  const tooMany = [...ends].filter(([, count]) => count > 1 + job.resets);
  assert.deepEqual(tooMany, [], `tasks of job ${job.id} ended again without a reset`);
}

async function tasksOf({ client }: FleetLab, job: JobModel) {
  return (await client.tasks(job.id, { limit: 100 })).items;
}

/** Kills and deletes everything; nothing is left at the host. */
async function clear({ client, work }: FleetLab): Promise<void> {
  const { items } = await client.jobs({ limit: 100 });
  for (const { id } of items) await client.kill(id);
  for (const { id } of items) {
    await waitUntil(async () => (await client.job(id)).ended_at !== null, { timeoutMs: 30_000 });
    await client.deleteJob(id);
  }
  await waitUntil(() => work.idle, { timeoutMs: 30_000, what: "the host to be idle" });
}
