import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { JobDetailBody } from "../../core/api/jobs.ts";
import { assertWitnessed } from "../labs/assert_witnessed.ts";
import { type ProcessFleet, startProcessFleet } from "../labs/process_fleet.ts";
import { argvOf, isAlive, sessionOf, signal } from "../labs/processes.ts";
import { testUnless } from "../labs/skip.ts";
import { waitUntil } from "../labs/wait_until.ts";
import { begunCount, readBegins, witnessJob } from "../labs/witness.ts";

/** The lease of a silent host is 15 s of real time. */
const slowReason = Deno.env.get("MUSTER_TEST_KILLS") === undefined
  ? "takes 25 s; set MUSTER_TEST_KILLS, as test.sh does"
  : undefined;

Deno.test("controller and agent killed at the same moment find their tasks again", async () => {
  await using fleet = await startProcessFleet();
  const directory = await newDirectory(fleet);
  const job = await fleet.client.submit(witnessJob(directory, 200));
  await waitUntil(() => begunCount(directory) >= 50);
  assert.ok(fleet.kill("controller") && fleet.kill("agent"));
  fleet.startController();
  await fleet.ended(job.id);
  await assertWitnessed(fleet.client, job.id, directory, 200);
});

Deno.test("a controller that is stopped while tasks run takes their results in after its next start", async () => {
  await using fleet = await startProcessFleet();
  const { job, pid, let: go } = await waitingTask(fleet);
  await fleet.stopController();
  await waitUntil(() => fleet.agentPid === null, { what: "the agent's end" });
  assert.ok(isAlive(pid), "the task goes on without its agent");
  go();
  await waitUntil(() => !isAlive(pid), { what: "the task's end" });
  fleet.startController();
  await fleet.answers();
  assert.equal((await fleet.ended(job.id)).state, "complete");
  const { attempts, attempt_list } = await fleet.client.task(job.id, 1);
  assert.deepEqual([attempts, attempt_list.map(({ state }) => state)], [1, ["complete"]]);
});

Deno.test("a task that outlives its agent is one attempt, reported by the next agent", async () => {
  await using fleet = await startProcessFleet();
  const { job, directory, pid, let: go } = await waitingTask(fleet);
  const former = fleet.agentPid;
  assert.ok(fleet.kill("agent"));
  await waitUntil(() => fleet.agentPid !== null && fleet.agentPid !== former, { what: "another agent" });
  await fleet.ready();
  assert.equal((await fleet.client.job(job.id)).counts.running, 1);
  assert.ok(isAlive(pid));
  go();
  assert.equal((await fleet.ended(job.id)).state, "complete");
  assert.equal(readBegins(directory).get(1)?.length, 1);
});

Deno.test("a task whose lane was killed is lost, ended, and run again without using up a retry", async () => {
  await using fleet = await startProcessFleet();
  const { job, directory, pid, let: go } = await waitingTask(fleet);
  killLane(pid);
  await assertLostOnce(fleet, job.id, directory, pid, go);
});

Deno.test("a task whose lane was killed while no agent looked is lost, ended, and run again", async () => {
  await using fleet = await startProcessFleet();
  const { job, directory, pid, let: go } = await waitingTask(fleet);
  assert.ok(fleet.kill("agent"));
  killLane(pid);
  await assertLostOnce(fleet, job.id, directory, pid, go);
});

Deno.test("a kill asked for while the agent is dead ends the task when an agent is back", async () => {
  await using fleet = await startProcessFleet();
  const { job, pid } = await waitingTask(fleet);
  // Without its controller no agent comes back; the next controller starts one.
  assert.ok(fleet.kill("controller") && fleet.kill("agent"));
  fleet.startController();
  await fleet.answers();
  await fleet.client.kill(job.id);
  assert.equal((await fleet.ended(job.id)).state, "killed");
  await waitUntil(() => !isAlive(pid), { timeoutMs: 30_000, what: "the end of the killed task's process" });
});

testUnless(
  slowReason,
  "an agent that stands still is away after 15 s and ready again with its tasks",
  async () => {
    await using fleet = await startProcessFleet();
    const { job, directory, pid, let: go } = await waitingTask(fleet);
    const agent = fleet.agentPid!;
    signal(agent, "SIGSTOP");
    const begin = performance.now();
    await fleet.host(({ state }) => state === "away", "the host to be away", 30_000);
    const seconds = (performance.now() - begin) / 1000;
    assert.ok(seconds > 9 && seconds < 20, `away after ${seconds} s`);
    await delay(Math.max(0, 20_000 - seconds * 1000));
    assert.equal((await fleet.client.job(job.id)).counts.running, 1);
    signal(agent, "SIGCONT");
    await fleet.ready();
    assert.equal(fleet.agentPid, agent);
    assert.ok(isAlive(pid));
    go();
    assert.equal((await fleet.ended(job.id)).state, "complete");
    assert.equal(readBegins(directory).get(1)?.length, 1);
  },
);

async function assertLostOnce(
  fleet: ProcessFleet,
  jobId: string,
  directory: string,
  pid: number,
  go: () => void,
): Promise<void> {
  await waitUntil(() => readBegins(directory).get(1)?.length === 2, {
    timeoutMs: 30_000,
    what: "the second attempt",
  });
  assert.ok(!isAlive(pid), "two attempts of one task ran at the same time");
  go();
  assert.equal((await fleet.ended(jobId)).state, "complete");
  const { attempts, attempt_list } = await fleet.client.task(jobId, 1);
  assert.deepEqual([attempts, attempt_list.map(({ state }) => state)], [2, ["lost", "complete"]]);
}

interface WaitingTask {
  readonly job: JobDetailBody;
  readonly directory: string;
  /** Its process, which runs. */
  readonly pid: number;
  /** Lets it and its later attempts end. */
  readonly let: () => void;
}

/** A job of one task without retries that runs until it is let go. */
async function waitingTask(fleet: ProcessFleet): Promise<WaitingTask> {
  const directory = await newDirectory(fleet);
  const gate = `${fleet.home.root}/gate`;
  const shell = `echo "1 $MUSTER_ATTEMPT $$" >>${directory}/1; while [ ! -e ${gate} ]; do sleep 0.05; done`;
  const { id } = await fleet.client.submit({ name: "waits", command: { shell }, retries: 0 });
  const job = await fleet.job(id, ({ counts }) => counts.running === 1, "the task to run");
  const pid = await waitUntil(() => readBegins(directory).get(1)?.[0]?.pid, { what: "the task's line" });
  return { job, directory, pid, let: () => Deno.writeTextFileSync(gate, "") };
}

function killLane(taskPid: number): void {
  const lane = sessionOf(taskPid);
  assert.ok(argvOf(lane).includes("muster-lane"), `process ${lane} is no lane`);
  signal(lane, "SIGKILL");
}

async function newDirectory(fleet: ProcessFleet): Promise<string> {
  const directory = `${fleet.home.root}/begun`;
  await Deno.mkdir(directory);
  return directory;
}
