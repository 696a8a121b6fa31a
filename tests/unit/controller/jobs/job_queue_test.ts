import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { listAttempts } from "../../../../controller/store/attempts.ts";
import { EMPTY_SHA256 } from "../../../../core/blob_name.ts";
import type { StoredEvent } from "../../../../controller/store/events.ts";
import { jobById, listJobs } from "../../../../controller/store/jobs.ts";
import { findTask } from "../../../../controller/store/tasks.ts";
import { aHost } from "../../../builders/a_host.ts";
import { aSpec } from "../../../builders/a_job.ts";
import { FakeFleet } from "../../../fakes/fake_fleet.ts";
import { anEnd, type QueueLab, queueLab } from "../../../labs/queue_lab.ts";

const ref = (jobId: string, index: number, attempt = 1) => ({ jobId, index, attempt });
const state = (lab: QueueLab, jobId: string, index: number) => lab.queue.task(jobId, index)?.state;
const counts = (lab: QueueLab, jobId: string) => lab.queue.job(jobId)?.counts;
const kinds = (events: readonly StoredEvent[]) => events.map(({ kind }) => kind);
const stored = (lab: QueueLab, jobId: string) => lab.store.read((db) => jobById(db, jobId));

Deno.test("submit() stores a job whose tasks are claimed once a host is there", async () => {
  await using lab = await queueLab();
  const job = await lab.submit({ total: 3 });
  assert.deepEqual(counts(lab, job.id), {
    pending: 3,
    claimed: 0,
    running: 0,
    complete: 0,
    failed: 0,
    killed: 0,
  });
  assert.equal(lab.queue.waitingFor(job.id), "no host is connected");
  lab.fleet.set(aHost());
  await lab.settled();
  assert.deepEqual(
    lab.fleet.tasksOf("alpha").map(({ ref }) => ref),
    [1, 2, 3].map((index) => ref(job.id, index)),
  );
  assert.equal(stored(lab, job.id)?.counts.claimed, 3);
  assert.equal(lab.queue.waitingFor(job.id), null);
});

Deno.test("submit() fills in commands and environment from each task's row", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const command = { argv: ["wc", "{file}", "{index}"] };
  const spec = aSpec({ command, columns: ["file"], total: 2, env: { NAME: "{file}" } });
  await lab.queue.submit(spec, [["a b"], ["c"]], "t1");
  await lab.settled();
  assert.deepEqual(lab.fleet.tasksOf("alpha").map(({ command, env }) => ({ command, env })), [
    { command: { argv: ["wc", "a b", "1"] }, env: { NAME: "a b" } },
    { command: { argv: ["wc", "c", "2"] }, env: { NAME: "c" } },
  ]);
  assert.equal(lab.store.read((db) => listJobs(db))[0]?.createdBy, "t1");
});

Deno.test("submit() refuses what could never run and stores nothing", async () => {
  await using lab = await queueLab();
  const unknown = aSpec({ command: { argv: ["{nothing}"] } });
  await assert.rejects(lab.queue.submit(unknown, [["a"], ["b"]], null), { code: "InvalidInput" });
  await assert.rejects(lab.queue.submit(aSpec(), [["a"]], null), {
    code: "InvalidInput",
    message: /2 tasks wanted, 1/,
  });
  const after = aSpec({ after: [{ jobId: "jnone", when: "ok" }] });
  await assert.rejects(lab.queue.submit(after, [["a"], ["b"]], null), {
    code: "NotFound",
    message: /"jnone"/,
  });
  assert.deepEqual(lab.store.read((db) => listJobs(db)), []);
});

Deno.test("submit() writes a large job in pieces between which others are served", async () => {
  await using lab = await queueLab();
  let turns = 0;
  let done = false;
  const large = lab.submit({ total: 10_000 }).then((job) => (done = true, job));
  while (!done) {
    await lab.store.write(() => turns++);
    assert.ok(
      lab.store.read((db) => listJobs(db)).every(({ spec, counts }) => counts.pending === spec.total),
    );
  }
  assert.ok(turns > 4, `${turns} turns`);
  const job = await large;
  assert.equal(lab.store.read((db) => findTask(db, stored(lab, job.id)!, 10_000))?.task.state, "pending");
});

Deno.test("observe() takes a task to its end and tells in events and rows", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const seen: string[] = [];
  lab.feed.subscribe((events) => seen.push(...kinds(events)));
  const job = await lab.submit({ total: 1 });
  await lab.report("alpha", { started: [{ ref: ref(job.id, 1), startedAt: 900 }] });
  assert.equal(state(lab, job.id, 1), "running");
  const outcome = await lab.report("alpha", { ended: [anEnd(ref(job.id, 1))] });
  assert.deepEqual(outcome, { ack: [ref(job.id, 1)], missing: [] });
  assert.equal(state(lab, job.id, 1), "complete");
  assert.equal(stored(lab, job.id)?.endedAt, lab.clock.now());
  assert.equal(stored(lab, job.id)?.startedAt, 900);
  const all = ["job.submitted", "task.claimed", "task.running", "task.complete", "job.ended"];
  assert.deepEqual(kinds(lab.events()), all);
  assert.deepEqual(seen, all);
  assert.deepEqual(lab.events().at(-1)?.data, { state: "complete" });
});

Deno.test("observe() acknowledges the same end twice and records it once", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const job = await lab.submit({ total: 2 });
  const end = anEnd(ref(job.id, 1));
  const twice = await lab.report("alpha", { ended: [end, end] });
  assert.deepEqual(twice.ack, [ref(job.id, 1), ref(job.id, 1)]);
  const late = await lab.report("alpha", { ended: [anEnd(ref(job.id, 1), { exitCode: 1 })] });
  assert.deepEqual(late.ack, [ref(job.id, 1)]);
  assert.equal(state(lab, job.id, 1), "complete");
  assert.equal(lab.store.read((db) => listAttempts(db, stored(lab, job.id)!.seq, 1)).length, 1);
});

Deno.test("observe() ignores another epoch, another attempt and another host", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const job = await lab.submit({ total: 1 });
  const { ack } = await lab.report("alpha", {
    ended: [anEnd(ref(job.id, 1), { epoch: 0 }), anEnd(ref(job.id, 1, 2)), anEnd(ref("jnone", 1))],
  });
  assert.equal(ack.length, 3);
  await lab.report("beta", { ended: [anEnd(ref(job.id, 1))] });
  assert.equal(state(lab, job.id, 1), "claimed");
});

Deno.test("observe() does not record an end whose blobs are not stored", async () => {
  const data = new Uint8Array(3);
  const sha256 = createHash("sha256").update(data).digest("hex");
  const missing = new Set([sha256]);
  await using lab = await queueLab({
    fleet: new FakeFleet([aHost()]),
    blobsMissing: (all) => all.filter((each) => missing.has(each)),
  });
  const job = await lab.submit({ total: 1 });
  const files = [{ src: "a", size: 3, sha256, mode: 0o644 }];
  const end = anEnd(ref(job.id, 1));
  const ended = [{ ...end, result: { ...end.result, files } }];
  const first = await lab.report("alpha", { ended });
  assert.deepEqual(first, { ack: [], missing: [{ ref: ref(job.id, 1), sha256: [sha256] }] });
  assert.equal(state(lab, job.id, 1), "claimed");
  const blobs = [{ sha256: Uint8Array.fromHex(sha256), data }];
  const second = await lab.report("alpha", { ended, blobs });
  assert.deepEqual(second.missing, []);
  assert.equal(state(lab, job.id, 1), "complete");
});

Deno.test("observe() tries a failed task again, then fails the job", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const job = await lab.submit({ total: 1, retries: 1 });
  const failed = { exitCode: 3 };
  await lab.report("alpha", { ended: [anEnd(ref(job.id, 1), failed)] });
  assert.deepEqual(lab.fleet.tasksOf("alpha").map(({ ref }) => ref.attempt), [1, 2]);
  await lab.report("alpha", { ended: [anEnd(ref(job.id, 1, 2), failed)] });
  assert.equal(state(lab, job.id, 1), "failed");
  const attempts = lab.store.read((db) => listAttempts(db, stored(lab, job.id)!.seq, 1));
  assert.deepEqual(attempts.map(({ state, exitCode }) => [state, exitCode]), [["failed", 3], ["failed", 3]]);
  const again = lab.events().find(({ kind }) => kind === "task.pending");
  assert.deepEqual(again?.data, { attempt: 1, reason: "exit code 3" });
});

Deno.test("observe() returns what was not started or lost, and acknowledges it", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const job = await lab.submit({ total: 2 });
  lab.fleet.set(aHost({ draining: true }));
  const { ack } = await lab.report("alpha", {
    notStarted: [{ ref: ref(job.id, 1), reason: "no room" }],
    lost: [{ ref: ref(job.id, 2), reason: "exit status lost" }],
  });
  assert.deepEqual(ack, [ref(job.id, 1), ref(job.id, 2)]);
  assert.deepEqual([1, 2].map((index) => lab.queue.task(job.id, index)?.losses), [0, 1]);
  assert.equal(lab.queue.waitingFor(job.id), 'host "alpha" is draining');
});

Deno.test("hostRegistered() settles what the host holds with what it should hold", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const job = await lab.submit({ total: 4 });
  await lab.report("alpha", { started: [1, 2].map((index) => ({ ref: ref(job.id, index), startedAt: 5 })) });
  lab.fleet.set();
  const held = (index: number, attempt = 1, startedAt: number | null = 5) => ({
    ...ref(job.id, index, attempt),
    epoch: 1,
    startedAt,
  });
  const { drop } = await lab.queue.hostRegistered("alpha", [held(1), held(3), held(4, 9), {
    ...held(1),
    epoch: 0,
  }]);
  assert.deepEqual(drop, [ref(job.id, 4, 9), ref(job.id, 1)]);
  // 1 held and running; 2 was running and is forgotten; 3 had begun unreported; 4 never arrived.
  assert.deepEqual([1, 2, 3, 4].map((index) => state(lab, job.id, index)), [
    "running",
    "pending",
    "running",
    "pending",
  ]);
  assert.deepEqual([2, 4].map((index) => lab.queue.task(job.id, index)?.losses), [1, 0]);
});

Deno.test("hostLost() returns everything of the host to pending", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const job = await lab.submit({ total: 3 });
  lab.fleet.set();
  await lab.queue.hostLost("alpha", "host was removed");
  assert.equal(counts(lab, job.id)?.pending, 3);
  assert.equal(lab.queue.task(job.id, 1)?.reason, "host was removed");
});

Deno.test("the queue moves tasks of a host that was away for requeue_after", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost(), aHost({ id: "beta", cpus: 1 })]) });
  const job = await lab.submit({ total: 10, requeueAfterSeconds: 10 });
  lab.fleet.set(aHost({ id: "beta", cpus: 1 }));
  const away = lab.fleet.tasksOf("alpha").length;
  assert.equal(away, 8);
  for (let seconds = 0; seconds < 9; seconds++) {
    lab.clock.advance(1000);
    lab.fleet.set(aHost({ id: "beta", cpus: 1 }));
  }
  await lab.settled();
  assert.equal(counts(lab, job.id)?.pending, 0);
  lab.clock.advance(1000);
  lab.fleet.set(aHost({ id: "beta", cpus: 1 }));
  await lab.settled();
  assert.equal(counts(lab, job.id)?.pending, away);
});

Deno.test("kill() ends pending tasks at once and asks connected hosts", async () => {
  const fleet = new FakeFleet([aHost({ cpus: 1 }), aHost({ id: "beta", cpus: 1 })]);
  await using lab = await queueLab({ fleet });
  const job = await lab.submit({ total: 10 });
  fleet.set(aHost({ cpus: 1 }));
  const outcome = await lab.queue.kill(job.id);
  assert.deepEqual(outcome, { killed: 6, stopping: 2, onReturn: [{ hostId: "beta", tasks: 2 }] });
  assert.deepEqual(fleet.killed.map(({ hostId, refs }) => [hostId, refs.length]), [["alpha", 2]]);
  const [one, two] = fleet.tasksOf("alpha");
  await lab.report("alpha", {
    ended: [anEnd(one!.ref, { cause: "killed", exitCode: 143 })],
    notStarted: [{ ref: two!.ref, reason: "killed" }],
  });
  assert.equal(counts(lab, job.id)?.killed, 10);
  assert.deepEqual(lab.events().at(-1)?.data, { state: "killed" });
  const drop = await lab.queue.hostRegistered("beta", [
    { ...fleet.tasksOf("beta")[0]!.ref, epoch: 1, startedAt: 5 },
  ]);
  assert.equal(drop.drop.length, 1);
  assert.deepEqual(await lab.queue.kill(job.id), { killed: 0, stopping: 0, onReturn: [] });
  await assert.rejects(lab.queue.kill("jnone"), { code: "NotFound" });
});

Deno.test("kill() of some indexes leaves the others", async () => {
  await using lab = await queueLab();
  const job = await lab.submit({ total: 5 });
  assert.equal((await lab.queue.kill(job.id, [2, 4, 4])).killed, 2);
  assert.deepEqual([1, 2, 3, 4, 5].map((index) => state(lab, job.id, index)), [
    "pending",
    "killed",
    "pending",
    "killed",
    "pending",
  ]);
  lab.fleet.set(aHost());
  await lab.settled();
  assert.deepEqual(lab.fleet.tasksOf("alpha").map(({ ref }) => ref.index), [1, 3, 5]);
  await assert.rejects(lab.queue.kill(job.id, [6]), { code: "NotFound", message: /it has tasks 1 to 5/ });
});

Deno.test("kill() of a hundred thousand pending tasks lets others have their turn", async () => {
  await using lab = await queueLab();
  const job = await lab.submit({ total: 100_000 });
  let turns = 0;
  let done = false;
  const killing = lab.queue.kill(job.id).then((outcome) => (done = true, outcome));
  while (!done) await lab.store.write(() => turns++);
  assert.equal((await killing).killed, 100_000);
  assert.ok(turns > 20, `${turns} turns`);
  assert.equal(stored(lab, job.id)?.counts.killed, 100_000);
});

Deno.test("kill() stops a task whose host lost the message, when it registers", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const job = await lab.submit({ total: 1 });
  assert.equal((await lab.queue.kill(job.id)).stopping, 1);
  const { drop } = await lab.queue.hostRegistered("alpha", [{ ...ref(job.id, 1), epoch: 1, startedAt: 5 }]);
  assert.deepEqual(drop, [ref(job.id, 1)]);
  assert.equal(state(lab, job.id, 1), "killed");
});

Deno.test("unwanted() names what was killed while its host was registering", async () => {
  const fleet = new FakeFleet([aHost()]);
  await using lab = await queueLab({ fleet });
  const job = await lab.submit({ total: 2 });
  const held = [1, 2].map((index) => ({ ...ref(job.id, index), epoch: 1, startedAt: 5 }));
  assert.deepEqual((await lab.queue.hostRegistered("alpha", held)).drop, []);
  fleet.set();
  assert.deepEqual((await lab.queue.kill(job.id, [2])).onReturn, [{ hostId: "alpha", tasks: 1 }]);
  assert.deepEqual(await lab.queue.unwanted("alpha", held), [ref(job.id, 2)]);
});

Deno.test("reset() runs failed tasks of an ended job again, with new attempt numbers", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const job = await lab.submit({ total: 3 });
  const ended = [1, 2, 3].map((index) => anEnd(ref(job.id, index), { exitCode: index === 2 ? 1 : 0 }));
  await lab.report("alpha", { ended });
  assert.equal(stored(lab, job.id)?.counts.failed, 1);
  assert.equal(await lab.queue.reset(job.id, "failed"), 1);
  await lab.settled();
  assert.equal(stored(lab, job.id)?.endedAt, null);
  assert.deepEqual(lab.fleet.tasksOf("alpha").at(-1)?.ref, ref(job.id, 2, 2));
  await lab.report("alpha", { ended: [anEnd(ref(job.id, 2, 2))] });
  assert.equal(stored(lab, job.id)?.counts.complete, 3);
  assert.equal(kinds(lab.events()).filter((kind) => kind === "job.ended").length, 2);
  assert.equal(await lab.queue.reset(job.id, "failed"), 0);
  assert.equal(await lab.queue.reset(job.id, "all", [1, 3]), 2);
  await lab.settled();
  assert.deepEqual(lab.fleet.tasksOf("alpha").slice(-2).map(({ ref }) => ref), [
    ref(job.id, 1, 2),
    ref(job.id, 3, 2),
  ]);
});

Deno.test("remove() forgets an ended job and refuses one that runs", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const job = await lab.submit({ total: 1 });
  await assert.rejects(lab.queue.remove(job.id), { code: "Conflict", message: /"words": it has not ended/ });
  await lab.report("alpha", { ended: [anEnd(ref(job.id, 1))] });
  const { seq } = stored(lab, job.id)!;
  await lab.queue.remove(job.id);
  assert.equal(lab.queue.job(job.id), null);
  for (const table of ["tasks", "attempts"]) {
    const rows = lab.store.read((db) =>
      db.prepare(`SELECT count(*) AS n FROM ${table} WHERE job = ?`).get(seq)?.n
    );
    assert.equal(rows, 0, table);
  }
  assert.equal(lab.events().at(-1)?.kind, "job.deleted");
});

Deno.test("a job waits for the jobs it comes after", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const first = await lab.submit({ total: 1, name: "first" });
  const second = await lab.submit({ total: 1, after: [{ jobId: first.id, when: "ok" }] });
  assert.equal(lab.queue.waitingFor(second.id), 'waits for job "first"');
  await lab.report("alpha", { ended: [anEnd(ref(first.id, 1))] });
  assert.equal(state(lab, second.id, 1), "claimed");
});

Deno.test("a job is killed when one it needs fails, unless any end will do", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const first = await lab.submit({ total: 1, name: "first" });
  const needs = await lab.submit({ total: 2, name: "needs", after: [{ jobId: first.id, when: "ok" }] });
  const third = await lab.submit({ total: 1, after: [{ jobId: needs.id, when: "ok" }] });
  const any = await lab.submit({ total: 1, after: [{ jobId: first.id, when: "any" }] });
  await lab.report("alpha", { ended: [anEnd(ref(first.id, 1), { exitCode: 1 })] });
  await lab.settled();
  assert.equal(lab.queue.task(needs.id, 2)?.reason, 'job "first" failed');
  assert.equal(lab.queue.task(third.id, 1)?.reason, 'job "needs" was killed');
  assert.equal(state(lab, any.id, 1), "claimed");
  const late = await lab.submit({ total: 1, after: [{ jobId: first.id, when: "ok" }] });
  assert.equal(state(lab, late.id, 1), "killed");
});

Deno.test("waitingFor() says what hinders", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const resources = (cpus: number, memoryBytes: number | null = null, gpus = 0) => ({
    cpus,
    memoryBytes,
    gpus,
  });
  const cases = [
    [{ on: ["zeta"] }, 'no host named "zeta" is connected'],
    [{ resources: resources(5) }, "needs 5 CPUs, the largest host has 4"],
    [{ resources: resources(1, null, 1) }, "needs 1 GPU, the largest host has 0"],
    [{ resources: resources(1, 1e15) }, /^needs .* of memory, the largest host has /],
  ] as const;
  for (const [overrides, words] of cases) {
    const job = await lab.submit({ total: 1, ...overrides });
    const said = lab.queue.waitingFor(job.id) ?? "";
    if (typeof words === "string") assert.equal(said, words);
    else assert.match(said, words);
  }
  lab.fleet.set(aHost({ refusing: "disk nearly full" }));
  const refused = await lab.submit({ total: 1 });
  assert.equal(lab.queue.waitingFor(refused.id), 'host "alpha" refuses: disk nearly full');
});

Deno.test("a later job of one task does not wait for all of a large one", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const large = await lab.submit({ total: 50_000 });
  const small = await lab.submit({ total: 1 });
  assert.equal(lab.queue.waitingFor(small.id), "behind other work");
  await lab.report("alpha", { ended: [anEnd(ref(large.id, 1))] });
  assert.equal(state(lab, small.id, 1), "claimed");
});

async function withFile(body: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(join(directory, "muster.db"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a queue that was killed goes on from its database with tasks in flight", () =>
  withFile(async (path) => {
    const copy = `${path}.copy`;
    const fleet = new FakeFleet([aHost()]);
    let jobId = "";
    {
      await using lab = await queueLab({ path, fleet });
      jobId = (await lab.submit({ total: 200 })).id;
      await lab.report("alpha", {
        started: [{ ref: ref(jobId, 1), startedAt: 5 }],
        ended: [anEnd(ref(jobId, 2))],
      });
      // A job that was only half written when the process was killed.
      await lab.store.write((db) =>
        db.raw.exec(
          "INSERT INTO jobs (id, name, spec, pending, created_at) VALUES ('jhalf', 'half', '{}', 9, 1);" +
            "INSERT INTO tasks (job, idx) SELECT seq, 1 FROM jobs WHERE id = 'jhalf'",
        )
      );
      Deno.copyFileSync(path, copy);
      Deno.copyFileSync(`${path}-wal`, `${copy}-wal`);
    }
    const after = new FakeFleet();
    await using lab = await queueLab({ path: copy, fleet: after });
    assert.equal(lab.store.read((db) => db.prepare("SELECT count(*) AS n FROM jobs").get()?.n), 1);
    assert.deepEqual([1, 2].map((index) => state(lab, jobId, index)), ["running", "complete"]);
    const before = counts(lab, jobId)!;
    assert.equal(before.claimed + before.running + before.pending + before.complete, 200);
    const held = fleet.tasksOf("alpha").filter(({ ref }) => ref.index !== 2)
      .map(({ ref }) => ({ ...ref, epoch: 1, startedAt: null }));
    const { drop } = await lab.queue.hostRegistered("alpha", held);
    assert.deepEqual(drop, []);
    assert.deepEqual(counts(lab, jobId), before);
    // The claims go on after the last index that was claimed.
    after.set(aHost());
    const ended = held.map((ref) => anEnd({ jobId, index: ref.index, attempt: ref.attempt }));
    await lab.report("alpha", { ended });
    const next = after.tasksOf("alpha").map(({ ref }) => ref.index);
    assert.equal(next[0], Math.max(...held.map(({ index }) => index)) + 1);
    assert.ok(after.tasksOf("alpha").every(({ ref }) => ref.attempt === 1));
  }));

Deno.test("a write on a full disk changes nothing, and the queue goes on when there is room", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost({ cpus: 1 })]) });
  const job = await lab.submit({ total: 4 });
  const before = counts(lab, job.id);
  lab.store.read(({ raw }) => {
    const pages = Number(raw.prepare("PRAGMA page_count").get()?.page_count);
    raw.exec(`PRAGMA max_page_count = ${pages}`);
  });
  const files = Array.from({ length: 200 }, (_, at) => ({
    src: `file-${at}`.padEnd(200, "x"),
    size: 0,
    sha256: EMPTY_SHA256,
    mode: 0o644,
  }));
  const end = anEnd(ref(job.id, 1));
  const report = { ended: [{ ...end, result: { ...end.result, files } }] };
  await assert.rejects(lab.report("alpha", report), { code: "OutOfSpace" });
  assert.deepEqual(counts(lab, job.id), before);
  assert.deepEqual(stored(lab, job.id)?.counts, before);
  assert.equal(state(lab, job.id, 1), "claimed");
  lab.store.read(({ raw }) => raw.exec("PRAGMA max_page_count = 1000000"));
  await lab.report("alpha", report);
  assert.equal(state(lab, job.id, 1), "complete");
  assert.deepEqual([counts(lab, job.id)?.complete, counts(lab, job.id)?.claimed], [1, 3]);
});

Deno.test("a commit that fails leaves memory as the rows are", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  const job = await lab.submit({ total: 2 });
  const before = counts(lab, job.id);
  // The second change of the group takes the whole transaction with it, as SQLite does on some disk errors.
  const first = lab.queue.observe("alpha", {
    started: [],
    ended: [anEnd(ref(job.id, 1))],
    notStarted: [],
    lost: [],
    blobs: [],
  });
  const second = lab.store.write((db) => {
    db.raw.exec("ROLLBACK");
    throw new Error("disk I/O error");
  });
  await assert.rejects(first, /disk I\/O error/);
  await assert.rejects(second, /disk I\/O error/);
  assert.deepEqual(counts(lab, job.id), before);
  assert.equal(state(lab, job.id, 1), "claimed");
  assert.deepEqual((await lab.report("alpha", { ended: [anEnd(ref(job.id, 1))] })).ack, [ref(job.id, 1)]);
  assert.equal(state(lab, job.id, 1), "complete");
});

Deno.test("onJobChange() tells the counts after each commit until it is stopped", async () => {
  await using lab = await queueLab();
  const job = await lab.submit({ total: 2 });
  const told: number[] = [];
  const stop = lab.queue.onJobChange(job.id, ({ killed }) => told.push(killed));
  await lab.queue.kill(job.id, [1]);
  stop();
  await lab.queue.kill(job.id, [2]);
  assert.deepEqual(told, [1]);
});

Deno.test("a listener that throws does not keep tasks from their host", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]) });
  lab.feed.subscribe(() => {
    throw new Error("broken pipe");
  });
  await lab.submit({ total: 2 });
  assert.equal(lab.fleet.tasksOf("alpha").length, 2);
});

Deno.test("tally() counts ended tasks and what hosts reported, once it is durable", async () => {
  let missing: string[] = [];
  await using lab = await queueLab({ fleet: new FakeFleet([aHost()]), blobsMissing: () => missing });
  const job = await lab.submit({ total: 4 });
  const file = { src: "a", size: 1, sha256: "ab".repeat(32), mode: 0o644 };
  const withFile = anEnd(ref(job.id, 2));
  await lab.report("alpha", {
    started: [{ ref: ref(job.id, 1), startedAt: 5 }],
    ended: [anEnd(ref(job.id, 1)), anEnd(ref(job.id, 3, 9)), anEnd(ref("jnone", 1))],
  });
  missing = [file.sha256];
  await lab.report("alpha", {
    ended: [
      { ...withFile, result: { ...withFile.result, files: [file] } },
      anEnd(ref(job.id, 3), { exitCode: 2 }),
    ],
  });
  await lab.queue.kill(job.id, [4]);
  await lab.report("alpha", { notStarted: [{ ref: ref(job.id, 4), reason: "killed" }] });
  assert.deepEqual(lab.queue.tally(), {
    tasksEnded: { complete: 1, failed: 1, killed: 1 },
    reports: { recorded: 4, stale: 2, incomplete: 1 },
  });
  const more = await lab.submit({ total: 5_000, name: "large" });
  lab.fleet.set();
  await lab.queue.kill(more.id);
  assert.equal(lab.queue.tally().tasksEnded.killed, 1 + 5_000);
});
