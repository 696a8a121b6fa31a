import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { MusterError } from "../../core/errors.ts";
import { endAll, type ProcessFleet, startProcessFleet } from "../labs/process_fleet.ts";
import { machineName } from "../../system/machine.ts";
import { testUnless } from "../labs/skip.ts";
import { mountSmallDisk, noMountReason, type SmallDisk } from "../labs/small_disk.ts";
import { waitUntil } from "../labs/wait_until.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const reason = noMountReason();

testUnless(
  reason,
  "an agent with less than 2 GiB free takes no new work, says so, and goes on by itself",
  async () => {
    await using lab = await startOnSmallDisk("agent", 3 * GIB);
    const { fleet, disk } = lab;
    disk.resize(GIB);
    const { refusing } = await fleet.host((host) => host.refusing !== null, "the agent to refuse work");
    assert.match(refusing ?? "", /^disk nearly full: .* free, 2 GiB wanted$/);
    const { id } = await fleet.client.submit({ name: "later", command: { argv: ["true"] }, seq: 5 });
    const job = await fleet.job(id, ({ waiting_for }) => waiting_for !== null, "words on why it waits");
    assert.match(job.waiting_for ?? "", /disk nearly full/);
    assert.equal(job.counts.pending, 5);
    disk.resize(3 * GIB);
    assert.equal((await fleet.ended(id)).state, "complete");
    await fleet.host((host) => host.refusing === null, "the agent to take work again");
  },
);

testUnless(reason, "an output that a full disk cut off is a loss, and the task runs again", async () => {
  await using lab = await startOnSmallDisk("agent", 3 * GIB);
  const { fleet, disk } = lab;
  const gate = `${fleet.home.root}/gate`;
  const shell = `while [ ! -e ${gate} ]; do sleep 0.05; done; head -c 20000000 /dev/zero`;
  const { id } = await fleet.client.submit({ name: "floods", command: { shell }, retries: 0 });
  await fleet.job(id, ({ counts }) => counts.running === 1, "the task to run");
  disk.resize(8 * MIB);
  Deno.writeTextFileSync(gate, "");
  const lost = async () => (await fleet.client.task(id, 1)).attempt_list.length === 1;
  await waitUntil(lost, { timeoutMs: 30_000, what: "the attempt to be lost" });
  await fleet.host((host) => host.refusing !== null, "the agent to refuse work");
  assert.equal((await fleet.client.job(id)).counts.running, 0);
  disk.resize(3 * GIB);
  assert.equal((await fleet.ended(id)).state, "complete");
  const { attempt_list } = await fleet.client.task(id, 1);
  assert.deepEqual(attempt_list.map(({ state }) => state), ["lost", "complete"]);
  assert.match(attempt_list[0]!.reason ?? "", /disk is full|exit status lost/);
});

testUnless(
  reason,
  "a controller with less than 500 MB free refuses jobs and uploads with 507 but records ends",
  async () => {
    await using lab = await startOnSmallDisk("controller", 700 * MIB);
    const { fleet, disk } = lab;
    const running = await gatedJob(fleet, 20);
    disk.fill(400 * MIB);
    await waitUntil(async () => (await fleet.client.status()).refusing !== null, { what: "the refusal" });
    assert.match((await fleet.client.status()).refusing ?? "", /^the controller's disk is nearly full: /);
    await assert.rejects(fleet.client.submit({ name: "no", command: { argv: ["true"] } }), isOutOfSpace);
    await assert.rejects(upload(fleet), isOutOfSpace);
    running.let();
    assert.equal((await fleet.ended(running.id)).state, "complete");
    disk.free();
    await waitUntil(async () => (await fleet.client.status()).refusing === null, {
      what: "the end of the refusal",
    });
    await upload(fleet);
    const { id } = await fleet.client.submit({ name: "yes", command: { argv: ["true"] } });
    assert.equal((await fleet.ended(id)).state, "complete");
  },
);

testUnless(
  reason,
  "a controller whose disk is quite full records what ended meanwhile once there is room",
  async () => {
    await using lab = await startOnSmallDisk("controller", 700 * MIB);
    const { fleet, disk } = lab;
    const running = await gatedJob(fleet, 200);
    disk.fill(0);
    running.let();
    // Ends are reported and cannot be stored: the same ones again and again, none believed.
    const rejected = () => /commit failed|database or disk is full/.test(fleet.logs());
    await waitUntil(rejected, { timeoutMs: 30_000, what: "a commit that fails" });
    assert.notEqual((await fleet.client.job(running.id)).counts.complete, 200);
    disk.free();
    assert.equal((await fleet.ended(running.id)).counts.complete, 200);
    const { attempts, attempt_list } = await fleet.client.task(running.id, 1);
    assert.deepEqual([attempts, attempt_list.map(({ state }) => state)], [1, ["complete"]]);
  },
);

/** A fleet whose controller or agent keeps its files on a disk of `bytes`. */
async function startOnSmallDisk(role: "controller" | "agent", bytes: number) {
  const home = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "muster-disk-" });
  const path = role === "controller" ? `${home}/controller` : `${home}/agent/${machineName()}`;
  const disk: SmallDisk = mountSmallDisk(path, bytes);
  const end = async (fleet: ProcessFleet | null) => {
    await fleet?.[Symbol.asyncDispose]();
    await endAll(home);
    disk[Symbol.dispose]();
    await Deno.remove(home, { recursive: true });
  };
  try {
    const fleet = await startProcessFleet({ home });
    return { fleet, disk, [Symbol.asyncDispose]: () => end(fleet) };
  } catch (error) {
    await end(null);
    throw error;
  }
}

/** A job whose tasks run, or wait for their turn, until they are let go. */
async function gatedJob(
  fleet: ProcessFleet,
  total: number,
): Promise<{ readonly id: string; readonly let: () => void }> {
  const gate = `${fleet.home.root}/gate`;
  const shell = `while [ ! -e ${gate} ]; do sleep 0.05; done; echo {index}`;
  const { id } = await fleet.client.submit({ name: "gated", command: { shell }, seq: total });
  await fleet.job(id, ({ counts }) => counts.running > 0, "tasks to run");
  return { id, let: () => Deno.writeTextFileSync(gate, "") };
}

async function upload(fleet: ProcessFleet): Promise<void> {
  const bytes = new Uint8Array(100_000).fill(7);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await fleet.client.putBlob(sha256, new Blob([bytes]).stream());
}

function isOutOfSpace(error: unknown): boolean {
  return error instanceof MusterError && error.code === "OutOfSpace";
}
