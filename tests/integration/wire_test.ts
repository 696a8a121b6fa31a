import assert from "node:assert/strict";
import { join } from "node:path";
import { loadIdentity, recordEpoch, saveIdentity } from "../../agent/identity.ts";
import { getHost, setHostState } from "../../controller/store/hosts.ts";
import { enrollHost } from "../../controller/hosts/enroll.ts";
import { MusterError } from "../../core/errors.ts";
import type { TakenSample } from "../../core/host.ts";
import { createKeyAndRequest } from "../../system/certificates.ts";
import { aSpec } from "../builders/a_job.ts";
import { FakeClock } from "../fakes/fake_clock.ts";
import { anEnd, aRef, bytesOf, RecordingWork, sha256Of } from "../fakes/recording_work.ts";
import { waitUntil } from "../labs/wait_until.ts";
import { type AgentEnd, type WireLab, wireLab } from "../labs/wire_lab.ts";

const SPEC = aSpec();

async function connected(lab: WireLab, name = "spark1"): Promise<AgentEnd> {
  const agent = lab.agent(await lab.enroll(name));
  await agent.session.welcomed;
  await waitUntil(() => lab.fleet.connected().some((host) => host.id === agent.identity.hostId));
  return agent;
}

Deno.test("a host that registers is in the fleet with its facts, and in the store", async () => {
  await using lab = await wireLab();
  const agent = await connected(lab);
  const [host] = lab.fleet.connected();
  assert.equal(host?.name, "spark1");
  assert.equal(host?.facts.gpus[0]?.model, "GB10");
  assert.equal(host?.refusing, null);
  const stored = lab.store.read((db) => getHost(db, agent.identity.hostId));
  assert.equal(stored?.agentVersion, "0.1.0");
  assert.equal(stored?.facts?.hostname, "spark1");
  assert.equal(stored?.state, "away");
  assert.deepEqual(lab.queue.registered, [{ hostId: agent.identity.hostId, held: [] }]);
});

Deno.test("an assignment reaches the work whole, its end the queue, and the ack the work", async () => {
  await using lab = await wireLab();
  const { work, outbox, identity } = await connected(lab);
  const command = { argv: ["wc", "-w", "/a b"] };
  lab.fleet.assign(identity.hostId, 1, new Map([["job1", SPEC]]), [
    { ref: aRef(1), command, env: { A: "ä", __proto__: "x" } as Record<string, string>, results: null },
    { ref: aRef(2), command: { shell: "echo $A" }, env: {}, results: null },
  ]);
  await waitUntil(() => work.assignments.length === 2);
  const [first, second] = work.assignments;
  assert.deepEqual(first?.ref, aRef(1));
  assert.deepEqual({ ...first?.command }, command);
  assert.equal(first?.env.A, "ä");
  assert.deepEqual(second?.command, { shell: "echo $A" });
  assert.deepEqual(first?.job, {
    jobId: "job1",
    jobName: "words",
    cpus: 1,
    memoryBytes: null,
    gpus: 0,
    timeoutSeconds: null,
    inPlace: null,
    keepsAll: true,
  });
  outbox.ended(anEnd({ ref: aRef(1), exitCode: 3, ranMs: 40, output: bytesOf("12\n") }));
  await waitUntil(() => work.acks.length === 1);
  const { report } = lab.queue.reports[0]!;
  const ended = report.ended[0]!;
  assert.deepEqual(ended.ref, aRef(1));
  assert.equal(ended.exitCode, 3);
  assert.equal(ended.endedAt - ended.startedAt, 40);
  assert.ok(Math.abs(ended.endedAt - Date.now()) < 5_000);
  assert.equal(ended.result.output.sha256, sha256Of("12\n"));
  assert.deepEqual(new Uint8Array(report.blobs[0]!.data), bytesOf("12\n"));
  assert.equal(outbox.unsettled, 0);
});

Deno.test("an assignment of 20,000 tasks arrives in its order and describes its job once", async () => {
  await using lab = await wireLab();
  const { work, identity } = await connected(lab);
  const tasks = Array.from({ length: 20_000 }, (_, at) => ({
    ref: aRef(at + 1),
    command: { argv: ["echo", "x".repeat(100)] },
    env: {},
    results: null,
  }));
  lab.fleet.assign(identity.hostId, 1, new Map([["job1", SPEC]]), tasks);
  lab.fleet.assign(identity.hostId, 1, new Map([["job1", SPEC]]), [{ ...tasks[0]!, ref: aRef(20_001) }]);
  await waitUntil(() => work.assignments.length === 20_001);
  assert.deepEqual(work.assignments.map(({ ref }) => ref.index), tasks.map((_, at) => at + 1).concat(20_001));
});

Deno.test("a kill reaches the work; kill() says so, and false without a session", async () => {
  await using lab = await wireLab();
  const { work, identity } = await connected(lab);
  assert.equal(lab.fleet.kill(identity.hostId, [aRef()], 10), true);
  assert.equal(lab.fleet.kill("h-other", [aRef()], 10), false);
  await waitUntil(() => work.kills.length === 1);
  assert.deepEqual(work.kills, [{ refs: [aRef()], graceSeconds: 10 }]);
});

Deno.test("ends that were not acknowledged are said again after the controller restarted", async () => {
  await using lab = await wireLab();
  const { work, outbox } = await connected(lab);
  const take = lab.queue.outcome;
  lab.queue.outcome = () => Promise.reject(new Error("the process dies here"));
  work.holds = [{ ref: aRef(1), epoch: 1, startedAtMs: performance.now() - 1000 }];
  outbox.ended(anEnd({ ref: aRef(1) }));
  await waitUntil(() => lab.queue.reports.length > 0);
  lab.queue.outcome = take;
  lab.queue.epoch = 2;
  await lab.restart();
  outbox.ended(anEnd({ ref: aRef(2) }));
  await waitUntil(() => work.acks.length >= 2);
  assert.deepEqual(new Set(work.acks.map(({ index }) => index)), new Set([1, 2]));
  const held = lab.queue.registered.at(-1)?.held[0];
  assert.equal(held?.index, 1);
  assert.ok(Math.abs(Date.now() - (held?.startedAt ?? 0) - 1000) < 5_000);
});

Deno.test("a host learns what nobody wants any more when it registers", async () => {
  await using lab = await wireLab();
  lab.queue.drop = [aRef(7)];
  const { work } = await connected(lab);
  assert.deepEqual(work.drops, [aRef(7)]);
});

Deno.test("reports that arrive while one is observed are observed as one", async () => {
  await using lab = await wireLab();
  const { work, outbox } = await connected(lab);
  const gate = Promise.withResolvers<void>();
  const take = lab.queue.outcome;
  lab.queue.outcome = async (report) => {
    await gate.promise;
    return take(report);
  };
  outbox.ended(anEnd({ ref: aRef(1) }));
  await waitUntil(() => lab.queue.reports.length === 1);
  for (let index = 2; index <= 3_000; index++) outbox.ended(anEnd({ ref: aRef(index) }));
  await waitUntil(() => !outbox.isWaiting);
  gate.resolve();
  await waitUntil(() => work.acks.length === 3_000);
  assert.ok(lab.queue.reports.length <= 8, `${lab.queue.reports.length} observes`);
  const indexes = lab.queue.reports.flatMap(({ report }) => report.ended.map(({ ref }) => ref.index));
  assert.deepEqual(indexes, Array.from({ length: 3_000 }, (_, at) => at + 1));
});

Deno.test("a large blob is stored before the end that names it is said", async () => {
  await using lab = await wireLab();
  const { work, outbox } = await connected(lab);
  const large = crypto.getRandomValues(new Uint8Array(60_000));
  const bytes = new Uint8Array(3_000_000).map((_, at) => large[at % 60_000]! ^ (at >> 16));
  const name = sha256Of(bytes);
  const path = join(lab.directory, "out");
  await Deno.writeFile(path, bytes);
  work.paths.set(name, path);
  lab.queue.outcome = (report) => {
    assert.deepEqual(lab.blobs.missing([name]), []);
    return { ack: report.ended.map(({ ref }) => ref), missing: [] };
  };
  outbox.ended(anEnd({ ref: aRef(1), output: bytes }));
  outbox.ended(anEnd({ ref: aRef(2), output: bytes }));
  await waitUntil(() => work.acks.length === 2);
  const stored = new Uint8Array(await new Response(await lab.blobs.open(name)).arrayBuffer());
  assert.equal(sha256Of(stored), name);
});

Deno.test("blobs that the controller lacks are sent, and the end is said again", async () => {
  await using lab = await wireLab();
  const { work, outbox } = await connected(lab);
  const bytes = new Uint8Array(100_000).fill(7);
  const name = sha256Of(bytes);
  const path = join(lab.directory, "out");
  await Deno.writeFile(path, bytes);
  lab.queue.outcome = (report) => {
    const missing = lab.blobs.missing([name]);
    const refs = report.ended.map(({ ref }) => ref);
    if (missing.length === 0) return { ack: refs, missing: [] };
    work.paths.set(name, path);
    return { ack: [], missing: refs.map((ref) => ({ ref, sha256: missing })) };
  };
  outbox.ended(anEnd({ ref: aRef(1), output: bytes }));
  await waitUntil(() => work.acks.length === 1);
  assert.equal(lab.queue.reports.length, 2);
  assert.deepEqual(work.incompletes, []);
});

Deno.test("an end whose blobs are nowhere is given back to the work", async () => {
  await using lab = await wireLab();
  const { work, outbox } = await connected(lab);
  const bytes = new Uint8Array(100_000).fill(7);
  lab.queue.outcome = (report) => ({
    ack: [],
    missing: report.ended.map(({ ref }) => ({ ref, sha256: [sha256Of(bytes)] })),
  });
  outbox.ended(anEnd({ ref: aRef(1), output: bytes }));
  await waitUntil(() => work.incompletes.length === 1);
  assert.deepEqual(work.incompletes, [{ ref: aRef(1), sha256: [sha256Of(bytes)] }]);
  assert.equal(outbox.unsettled, 0);
});

Deno.test("a file that changed after it was hashed is refused and given back to the work", async () => {
  await using lab = await wireLab();
  const { work, outbox } = await connected(lab);
  const bytes = new Uint8Array(100_000).fill(7);
  const path = join(lab.directory, "out");
  await Deno.writeFile(path, new Uint8Array(100_000).fill(8));
  work.paths.set(sha256Of(bytes), path);
  outbox.ended(anEnd({ ref: aRef(1), output: bytes }));
  await waitUntil(() => work.incompletes.length === 1);
  assert.equal(lab.blobs.size(sha256Of(bytes)), null);
  assert.equal(lab.queue.reports.length, 0);
});

Deno.test("Fleet.openLog() brings a followed log, and stops the host's reading when the reader stops", async () => {
  await using lab = await wireLab();
  const { work, identity } = await connected(lab);
  let isCancelled = false;
  let asked: unknown = null;
  work.log = (ref, { offset, follow }) => {
    asked = { ref, offset, follow };
    let count = 0;
    return Promise.resolve(
      new ReadableStream<Uint8Array>({
        // After two lines there is no more until the attempt prints: the reader waits.
        pull: (controller) =>
          count++ < 2 ? controller.enqueue(bytesOf(`line ${count}\n`)) : new Promise(() => {}),
        cancel: () => void (isCancelled = true),
      }),
    );
  };
  const log = await lab.fleet.openLog(identity.hostId, aRef(4), { offset: 10, follow: true });
  const reader = log.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.endsWith("line 2\n")) text += (await reader.read()).value;
  assert.equal(text, "line 1\nline 2\n");
  assert.deepEqual(asked, { ref: aRef(4), offset: 10, follow: true });
  await reader.cancel();
  await waitUntil(() => isCancelled);
});

Deno.test("Fleet.openLog() reads a long log to its end at the reader's pace", async () => {
  await using lab = await wireLab();
  const { work, identity } = await connected(lab);
  let pulled = 0;
  work.log = () =>
    Promise.resolve(
      new ReadableStream<Uint8Array>({
        pull: (controller) => {
          if (pulled === 400) return controller.close();
          pulled += 1;
          controller.enqueue(new Uint8Array(100_000).fill(pulled % 256));
        },
      }),
    );
  const log = await lab.fleet.openLog(identity.hostId, aRef(), { offset: 0, follow: false });
  const reader = log.getReader();
  await reader.read();
  // That the host does not read on has no event: it gets time in which it would have read all 400 chunks.
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(pulled < 200, `the host read ${pulled} chunks ahead of a reader that stands`);
  let size = 65_536;
  for (let next = await reader.read(); !next.done; next = await reader.read()) size += next.value.length;
  assert.equal(size, 40_000_000);
});

Deno.test("Fleet.openLog() throws NotFound as the host says it, and Unreachable without a session or answer", async () => {
  await using lab = await wireLab({ logOpenMs: 50 });
  const { work, identity } = await connected(lab);
  const options = { offset: 0, follow: false };
  await assert.rejects(lab.fleet.openLog(identity.hostId, aRef(), options), { code: "NotFound" });
  await assert.rejects(lab.fleet.openLog("h-other", aRef(), options), { code: "Unreachable" });
  work.log = () => new Promise(() => {});
  await assert.rejects(lab.fleet.openLog(identity.hostId, aRef(), options), { code: "Unreachable" });
});

Deno.test("a silent session is over after 15 s, and its host away", async () => {
  const clock = new FakeClock(Date.now());
  await using lab = await wireLab({ clock, leaseCheckMs: 1 });
  await connected(lab);
  let changes = 0;
  let silentMs = 0;
  lab.fleet.onChange(() => changes++);
  await waitUntil(() => {
    if (lab.fleet.connected().length === 0) return true;
    clock.advance(250);
    silentMs += 250;
    return false;
  }, { timeoutMs: 4_000 });
  assert.ok(silentMs > 15_000 && silentMs < 20_000, `${silentMs} ms`);
  assert.ok(changes > 0);
});

Deno.test("a controller that stood still blames no host", async () => {
  const clock = new FakeClock(Date.now());
  await using lab = await wireLab({ clock, leaseCheckMs: 1 });
  const agent = await connected(lab);
  for (let jump = 0; jump < 5; jump++) {
    clock.advance(60_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(lab.fleet.connected().length, 1);
  assert.equal(agent.session.isConnected, true);
});

Deno.test("a host whose agent stops is away within a second", async () => {
  await using lab = await wireLab();
  const agent = await connected(lab);
  const stoppedMs = performance.now();
  await agent.stop();
  await waitUntil(() => lab.fleet.connected().length === 0, { timeoutMs: 1_000 });
  assert.ok(performance.now() - stoppedMs < 1_000);
});

Deno.test("a newer session of the same host ends the older one", async () => {
  await using lab = await wireLab();
  const older = await connected(lab);
  const newer = lab.agent(older.identity);
  await newer.session.welcomed;
  await waitUntil(() => !older.session.isConnected);
  assert.equal(lab.fleet.connected().length, 1);
  lab.fleet.kill(older.identity.hostId, [aRef()], 1);
  await waitUntil(() => newer.work.kills.length === 1);
  assert.equal(older.work.kills.length, 0);
});

Deno.test("a removed host's session is ended, and it is not let in again", async () => {
  await using lab = await wireLab();
  const agent = await connected(lab);
  await lab.store.write((db) => setHostState(db, agent.identity.hostId, "removed"));
  lab.fleet.end(agent.identity.hostId, new MusterError("NotAllowed", "removed"));
  await waitUntil(() => !agent.session.isConnected);
  const again = lab.agent(agent.identity);
  const outcome = await Promise.race([
    again.session.welcomed.then(() => "welcome"),
    // A refused host tries again for ever, so no event says that it stays out.
    new Promise((resolve) => setTimeout(() => resolve("refused"), 500)),
  ]);
  assert.equal(outcome, "refused");
  assert.equal(lab.queue.registered.length, 1);
});

Deno.test("a machine that enrolls with a new key is the same host, and its former key is let in no more", async () => {
  await using lab = await wireLab();
  const clock = new FakeClock(Date.now());
  const enroll = async () => {
    const { keyPem, requestPem } = await createKeyAndRequest();
    const body = { name: "spark1", csr: requestPem, machine_id: "m1" };
    return {
      keyPem,
      enrolled: await enrollHost({ store: lab.store, authority: lab.authority, clock }, body),
    };
  };
  const former = await enroll();
  const present = await enroll();
  assert.equal(present.enrolled.hostId, former.enrolled.hostId);
  const base = await lab.enroll("other");
  const agent = lab.agent({ ...base, ...former.enrolled, keyPem: former.keyPem });
  const newer = lab.agent({ ...base, ...present.enrolled, keyPem: present.keyPem });
  await newer.session.welcomed;
  assert.equal(agent.session.isConnected, false);
  assert.equal(lab.queue.registered.length, 1);
});

Deno.test("an agent refuses a controller whose epoch is lower than one it has served", async () => {
  await using lab = await wireLab();
  const identity = await lab.enroll("spark1");
  const agent = lab.agent({ ...identity, epoch: 5 });
  lab.queue.drop = [aRef(9)];
  await waitUntil(() => lab.queue.registered.length > 0);
  await waitUntil(() => lab.fleet.connected().length === 0);
  assert.equal(agent.session.isConnected, false);
  assert.deepEqual(agent.work.drops, []);
});

Deno.test("an agent remembers the epoch it serves", async () => {
  await using lab = await wireLab();
  lab.queue.epoch = 3;
  const identity = await lab.enroll("spark1");
  const directory = join(lab.directory, `identity-${identity.hostId}`);
  await saveIdentity(directory, identity);
  assert.deepEqual(await loadIdentity(directory), identity);
  await lab.agent(identity).session.welcomed;
  assert.equal((await loadIdentity(directory))?.epoch, 3);
  await recordEpoch(directory, 4);
  assert.equal((await loadIdentity(directory))?.epoch, 4);
});

Deno.test("a host that refuses work says so at once", async () => {
  await using lab = await wireLab();
  const { work, session } = await connected(lab);
  work.refusing = "disk nearly full";
  session.heartbeat();
  await waitUntil(() => lab.fleet.connected()[0]?.refusing === "disk nearly full");
  assert.equal(lab.fleet.connected()[0]?.facts.disk?.freeBytes, 42e9);
});

Deno.test("a blob that the controller has no room for is kept back, not lost", async () => {
  await using lab = await wireLab();
  const { work, outbox } = await connected(lab);
  lab.freeBytes = 1e6;
  const bytes = new Uint8Array(50_000).fill(1);
  const path = join(lab.directory, "out");
  await Deno.writeFile(path, bytes);
  work.paths.set(sha256Of(bytes), path);
  outbox.ended(anEnd({ ref: aRef(1), output: bytes }));
  outbox.ended(anEnd({ ref: aRef(2) }));
  await waitUntil(() => work.acks.length === 1);
  assert.deepEqual(work.acks, [aRef(2)]);
  assert.equal(outbox.unsettled, 1);
  lab.freeBytes = 100e9;
  await waitUntil(() => work.acks.length === 2);
});

Deno.test("an agent whose key is broken, or whose facts cannot be read, keeps trying and never throws", async () => {
  await using lab = await wireLab();
  const identity = await lab.enroll("spark1");
  const broken = lab.agent({ ...identity, keyPem: "no key" });
  const work = new RecordingWork();
  let asked = 0;
  work.held = () => {
    asked++;
    throw new Error("cannot say");
  };
  const speechless = lab.agent(identity, { work });
  await waitUntil(() => asked > 0, { what: "the register that cannot be written" });
  assert.equal(broken.session.isConnected, false);
  assert.equal(speechless.session.isConnected, false);
  work.held = () => [];
  await speechless.session.welcomed;
});

Deno.test("a host samples at once and each second while anybody listens, in its next session too", async () => {
  await using lab = await wireLab();
  let taken = 0;
  const gpus = [{ index: 0, utilization: 0.5, memoryUsedBytes: null }];
  const agent = lab.agent(await lab.enroll("spark1"), {
    sample: () => ({ cpuUsed: ++taken, memoryUsedBytes: 5, gpus }),
  });
  const { hostId } = agent.identity;
  await waitUntil(() => lab.fleet.sample(hostId) !== null, { what: "the first sample" });
  const heard: TakenSample[] = [];
  const stop = lab.fleet.watchSamples(hostId, (sample) => heard.push(sample));
  await waitUntil(() => heard.length === 2, { what: "two samples" });
  const { at, ...first } = heard[0]!;
  assert.deepEqual(first, { cpuUsed: 2, memoryUsedBytes: 5, gpus });
  assert.ok(Math.abs(Date.now() - at) < 60_000);
  await lab.restart();
  assert.equal(lab.fleet.sample(hostId), null);
  const before = heard.length;
  // One that its next session begins with, one when it hears that it is watched, and one a second later.
  await waitUntil(() => heard.length >= before + 3, { what: "samples of the next session" });
  stop();
  assert.deepEqual(lab.fleet.sample(hostId)?.cpuUsed, heard.at(-1)?.cpuUsed);
});
