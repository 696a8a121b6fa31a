import assert from "node:assert/strict";
import fc from "fast-check";
import { QueueMemory } from "../../../../controller/jobs/memory.ts";
import { jobById } from "../../../../controller/store/jobs.ts";
import { listTasks } from "../../../../controller/store/tasks.ts";
import { isEnded } from "../../../../core/job_state.ts";
import { isFinal } from "../../../../core/task_state.ts";
import { TASK_STATES } from "../../../../core/task.ts";
import { aHost } from "../../../builders/a_host.ts";
import { FakeFleet } from "../../../fakes/fake_fleet.ts";
import { anEnd, type QueueLab, queueLab } from "../../../labs/queue_lab.ts";

const TOTAL = 12;
const HOSTS = ["alpha", "beta"] as const;

type Step =
  | { readonly do: "end" | "start" | "lose" | "refuse"; readonly pick: number; readonly exitCode: number }
  | { readonly do: "connect"; readonly hosts: readonly string[] }
  | { readonly do: "register" | "give up"; readonly host: string; readonly keep: number }
  | { readonly do: "kill"; readonly indexes: readonly number[] | null }
  | { readonly do: "reset"; readonly which: "failed" | "all" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("end", "start", "lose", "refuse"),
      pick: fc.nat(40),
      exitCode: fc.constantFrom(0, 0, 1),
    }),
  },
  fc.record({ do: fc.constant("connect"), hosts: fc.subarray([...HOSTS]) }),
  fc.record({
    do: fc.constantFrom("register", "give up"),
    host: fc.constantFrom(...HOSTS),
    keep: fc.nat(3),
  }),
  fc.record({
    do: fc.constant("kill"),
    indexes: fc.option(fc.array(fc.integer({ min: 1, max: TOTAL }), { minLength: 1, maxLength: 3 })),
  }),
  fc.record({ do: fc.constant("reset"), which: fc.constantFrom("failed", "all") }),
) as fc.Arbitrary<Step>;

async function take(lab: QueueLab, jobId: string, next: Step): Promise<void> {
  const { queue, fleet } = lab;
  switch (next.do) {
    case "connect":
      return fleet.set(...next.hosts.map((id) => aHost({ id, cpus: 2 })));
    case "kill":
      await queue.kill(jobId, next.indexes ?? undefined);
      return;
    case "reset":
      await queue.reset(jobId, next.which);
      return;
    case "give up":
      return await queue.hostLost(next.host, "gone");
    case "register": {
      const held = fleet.tasksOf(next.host).filter((_, at) => at % 4 <= next.keep)
        .map(({ ref }) => ({ ...ref, epoch: 1, startedAt: null }));
      await queue.hostRegistered(next.host, held);
      return;
    }
    default:
      return await reportOne(lab, next);
  }
}

/** Any attempt that was ever sent may be reported at any time, also twice. */
async function reportOne(lab: QueueLab, next: Extract<Step, { pick: number }>): Promise<void> {
  const sent = lab.fleet.assigned.flatMap(({ hostId, tasks }) => tasks.map(({ ref }) => ({ hostId, ref })));
  if (sent.length === 0) return;
  const { hostId, ref } = sent[sent.length - 1 - next.pick % sent.length]!;
  const reports = {
    end: { ended: [anEnd(ref, { exitCode: next.exitCode })] },
    start: { started: [{ ref, startedAt: 5 }] },
    lose: { lost: [{ ref, reason: "lost" }] },
    refuse: { notStarted: [{ ref, reason: "refused" }] },
  };
  await lab.report(hostId, reports[next.do]);
}

/** The rows agree among themselves, and the memory with the rows. */
function check(lab: QueueLab, jobId: string): void {
  const job = lab.store.read((db) => jobById(db, jobId))!;
  const tasks = lab.store.read((db) => listTasks(db, job, { limit: TOTAL + 1 })).map(({ task }) => task);
  for (const state of TASK_STATES) {
    assert.equal(job.counts[state], tasks.filter((task) => task.state === state).length, state);
  }
  assert.equal(job.endedAt !== null, isEnded(job.counts));
  assert.deepEqual(lab.queue.job(jobId)?.counts, job.counts);
  for (const task of tasks) assert.deepEqual(lab.queue.task(jobId, task.index), task);
  const read = new QueueMemory();
  lab.store.read((db) => read.load(db));
  for (const host of HOSTS) assert.equal(lab.queue.countOn(host), read.countOn(host));
  const finals = lab.store.read((db) =>
    db.prepare("SELECT idx, count(*) AS n FROM attempts WHERE state = 'complete' GROUP BY idx").all()
  );
  for (const { task } of tasks.filter(({ state }) => isFinal(state)).map((task) => ({ task }))) {
    const completed = Number(finals.find(({ idx }) => idx === task.index)?.n ?? 0);
    if (task.state === "complete") assert.ok(completed >= 1);
  }
}

Deno.test("the queue's rows and memory agree after whatever comes in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await using lab = await queueLab({ fleet: new FakeFleet([aHost({ cpus: 2 })]) });
      const job = await lab.submit({ total: TOTAL, retries: 1 });
      for (const next of steps) {
        await take(lab, job.id, next);
        await lab.settled();
        check(lab, job.id);
      }
      // Whatever happened, the work can still be finished.
      lab.fleet.set(aHost({ cpus: 2 }));
      await lab.queue.hostLost("beta", "gone");
      await lab.settled();
      for (let round = 0; lab.queue.job(job.id)?.endedAt === null && round < 50; round++) {
        const ended = lab.fleet.tasksOf("alpha").map(({ ref }) => anEnd(ref));
        await lab.report("alpha", { ended });
      }
      assert.notEqual(lab.queue.job(job.id)?.endedAt, null);
      check(lab, job.id);
    }),
    { numRuns: 60 },
  );
});
