import assert from "node:assert/strict";
import { anAssignment, LAB_JOB, startAgentLab } from "../labs/agent_lab.ts";
import { waitUntil } from "../labs/wait_until.ts";
import { openMemoryLimiter } from "../../agent/keeper/memory_cgroup.ts";

const sh = (shell: string) => ({ shell });
const one = { shortMs: 1000, capacity: { cpus: 1, memoryBytes: 2 ** 33, gpus: [] } };
const short = (from: number, count: number) =>
  Array.from(
    { length: count },
    (_, at) => anAssignment({ jobId: LAB_JOB, index: from + at, attempt: 1 }, sh("true")),
  );

Deno.test("an attempt that waits on a busy lane is killed without ever running", async () => {
  await using lab = await startAgentLab(one);
  const gate = `${lab.tasks}/gate`;
  // Short ones teach the runner that the job's attempts are short; the next one then is not.
  lab.work.assign(short(1, 20));
  lab.work.assign([
    anAssignment(
      { jobId: LAB_JOB, index: 21, attempt: 1 },
      sh(`while ! [ -e ${gate} ]; do sleep 0.02; done`),
    ),
    anAssignment({ jobId: LAB_JOB, index: 22, attempt: 1 }, sh(`echo x >${lab.tasks}/ran`)),
  ]);
  await waitUntil(() => lab.reporter.begun.some(({ index }) => index === 21));
  assert.ok(Deno.statSync(`${lab.tasks}/${LAB_JOB}/22/1/run`).isFile, "it waits on the lane");
  lab.work.kill([{ jobId: LAB_JOB, index: 22, attempt: 1 }], 1);
  assert.deepEqual(lab.reporter.refused, [{
    ref: { jobId: LAB_JOB, index: 22, attempt: 1 },
    reason: "killed before it began",
  }]);
  Deno.writeTextFileSync(gate, "");
  await lab.endOf({ jobId: LAB_JOB, index: 21, attempt: 1 });
  lab.work.assign(short(30, 1));
  await lab.endOf({ jobId: LAB_JOB, index: 30, attempt: 1 });
  assert.throws(() => Deno.statSync(`${lab.tasks}/ran`), Deno.errors.NotFound);
});

Deno.test("an attempt behind one that turns out long runs elsewhere as soon as there is room", async () => {
  await using lab = await startAgentLab({ shortMs: 1000 });
  const gate = `${lab.tasks}/gate`;
  const waits = sh(`while ! [ -e ${gate} ]; do sleep 0.02; done`);
  lab.work.assign(short(1, 20));
  await waitUntil(() => lab.reporter.ends.length === 20);
  lab.work.assign([
    anAssignment({ jobId: LAB_JOB, index: 21, attempt: 1 }, waits),
    anAssignment({ jobId: LAB_JOB, index: 22, attempt: 1 }, sh("sleep 0.3")),
    anAssignment({ jobId: LAB_JOB, index: 23, attempt: 1 }, sh("echo here; exit 6")),
    anAssignment({ jobId: LAB_JOB, index: 24, attempt: 1 }, sh("exit 8")),
  ]);
  const [third, fourth] = await Promise.all(
    [23, 24].map((index) => lab.endOf({ jobId: LAB_JOB, index, attempt: 1 })),
  );
  assert.deepEqual([third!.exitCode, fourth!.exitCode], [6, 8]);
  Deno.writeTextFileSync(gate, "");
  await lab.endOf({ jobId: LAB_JOB, index: 21, attempt: 1 });
  assert.equal(lab.outputOf({ jobId: LAB_JOB, index: 23, attempt: 1 }), "here\n");
});

Deno.test("killing an attempt does not take the one behind it", async () => {
  await using lab = await startAgentLab(one);
  lab.work.assign(short(1, 20));
  lab.work.assign([
    anAssignment({ jobId: LAB_JOB, index: 21, attempt: 1 }, sh("sleep 60")),
    anAssignment({ jobId: LAB_JOB, index: 22, attempt: 1 }, sh("exit 6")),
  ]);
  await waitUntil(() => lab.reporter.begun.some(({ index }) => index === 21));
  lab.work.kill([{ jobId: LAB_JOB, index: 21, attempt: 1 }], 5);
  assert.equal((await lab.endOf({ jobId: LAB_JOB, index: 21, attempt: 1 })).cause, "killed");
  assert.equal((await lab.endOf({ jobId: LAB_JOB, index: 22, attempt: 1 })).exitCode, 6);
});

Deno.test("openLog() follows an output from an offset until the task ends", async () => {
  await using lab = await startAgentLab();
  const ref = lab.begin(sh("echo one; sleep 0.2; echo two; sleep 0.2; echo three"));
  const stream = await lab.work.openLog(ref, {
    offset: 2,
    follow: true,
    signal: new AbortController().signal,
  });
  assert.equal(await new Response(stream).text(), "e\ntwo\nthree\n");
  const rest = await lab.work.openLog(ref, {
    offset: 8,
    follow: false,
    signal: new AbortController().signal,
  });
  assert.equal(await new Response(rest).text(), "three\n");
  await assert.rejects(
    lab.work.openLog({ ...ref, attempt: 9 }, {
      offset: 0,
      follow: false,
      signal: new AbortController().signal,
    }),
    new RegExp(`Cannot read the log of attempt 9 of task 1 of job "${LAB_JOB}"`),
  );
});

Deno.test("openLog() waits for an attempt that waits for room", async () => {
  await using lab = await startAgentLab(one);
  const signal = new AbortController().signal;
  const first = lab.begin(sh("sleep 60"));
  const second = lab.begin(sh("echo here"));
  const third = lab.begin(sh("true"));
  const log = await lab.work.openLog(second, { offset: 0, follow: true, signal });
  const never = await lab.work.openLog(third, { offset: 0, follow: true, signal });
  lab.work.kill([first, third], 1);
  assert.equal(await new Response(log).text(), "here\n");
  assert.equal(await new Response(never).text(), "");
});

Deno.test("openLog() ends when its reader goes away", async () => {
  await using lab = await startAgentLab();
  const ref = lab.begin(sh("echo up; sleep 60"));
  const over = new AbortController();
  const reader = (await lab.work.openLog(ref, { offset: 0, follow: true, signal: over.signal })).getReader();
  assert.equal(new TextDecoder().decode((await reader.read()).value), "up\n");
  const next = reader.read();
  over.abort();
  assert.equal((await next).done, true);
});

Deno.test("a flood of output is kept whole and does not grow the agent", async () => {
  await using lab = await startAgentLab();
  const ref = lab.begin({ argv: ["head", "-c", "300000000", "/dev/zero"] });
  const before = Deno.memoryUsage().rss;
  const end = await lab.endOf(ref);
  assert.equal(end.result.output.size, 300_000_000);
  assert.equal(end.inline.size, 0);
  assert.equal(lab.work.blobPath(end.result.output.sha256), `${lab.pathOf(ref)}/out`);
  assert.ok(Deno.memoryUsage().rss - before < 50_000_000, String(Deno.memoryUsage().rss - before));
});

Deno.test("every file a task made is collected, or those that match", async () => {
  await using lab = await startAgentLab();
  const make = sh(
    "mkdir -p a/b; echo 1 >a/b/one.txt; head -c 20000 /dev/zero >big; ln -s /etc/passwd link; mkfifo pipe; chmod 755 big; : >'new\nline'",
  );
  const all = await lab.run(make);
  assert.deepEqual(all.result.files.map(({ src, size, mode }) => [src, size, mode & 0o111]), [
    ["a/b/one.txt", 2, 0],
    ["big", 20000, 0o111],
    ["new\nline", 0, 0],
  ]);
  assert.equal(new TextDecoder().decode(all.inline.get(all.result.files[0]!.sha256)), "1\n");
  assert.match(lab.work.blobPath(all.result.files[1]!.sha256)!, /\/work\/big$/);
  const some = await lab.run(make, { results: ["**/*.txt"] });
  assert.deepEqual(some.result.files.map(({ src }) => src), ["a/b/one.txt"]);
});

Deno.test("names that are not UTF-8 are left out, and the output says so", async () => {
  await using lab = await startAgentLab();
  const end = await lab.run(sh("printf x >\"$(printf 'a\\377b')\"; echo 1 >good"));
  assert.deepEqual(end.result.files.map(({ src }) => src), ["good"]);
  assert.match(
    new TextDecoder().decode(end.inline.get(end.result.output.sha256)),
    /1 file was not kept: the name is not UTF-8/,
  );
});

Deno.test("of a task in place only matching files it wrote are collected", async () => {
  await using lab = await startAgentLab();
  const place = await Deno.makeTempDir();
  Deno.writeTextFileSync(`${place}/old.txt`, "old");
  Deno.utimeSync(`${place}/old.txt`, new Date(0), new Date(0));
  const end = await lab.run(sh("pwd; echo 1 >new.txt; echo 2 >new.bin"), {
    inPlace: place,
    results: ["*.txt"],
  });
  assert.deepEqual(end.result.files.map(({ src }) => src), ["new.txt"]);
  assert.deepEqual((await lab.run(sh("true"), { inPlace: place })).result.files, []);
  assert.ok(Deno.statSync(`${place}/new.bin`).isFile);
  await Deno.remove(place, { recursive: true });
});

Deno.test("what is acknowledged leaves no directory behind", async () => {
  await using lab = await startAgentLab();
  const end = await lab.run(sh("echo x >y"));
  lab.work.incomplete(end.ref, []);
  await waitUntil(() => lab.reporter.ends.length === 2);
  assert.deepEqual(lab.reporter.ends[1]!.result.files, end.result.files);
  lab.work.acknowledged([end.ref]);
  assert.throws(() => Deno.statSync(`${lab.tasks}/${LAB_JOB}/1`), Deno.errors.NotFound);
  assert.deepEqual(lab.work.held(), []);
});

Deno.test("assign() takes an attempt once, and none of an epoch that is over", async () => {
  await using lab = await startAgentLab();
  const assignment = anAssignment({ jobId: LAB_JOB, index: 1, attempt: 1 }, sh("true"));
  lab.work.assign([{ ...assignment, epoch: 3 }, { ...assignment, epoch: 3 }]);
  await lab.endOf(assignment.ref);
  lab.work.assign([{ ...assignment, epoch: 3 }]);
  assert.equal(lab.reporter.ends.length, 1);
  lab.work.assign([{ ...assignment, ref: { ...assignment.ref, index: 2 }, epoch: 2 }]);
  assert.match(lab.reporter.refused[0]!.reason, /epoch 2 is over: this host has seen 3/);
  lab.work.assign([anAssignment({ jobId: "../escape", index: 1, attempt: 1 }, sh("true"))]);
  assert.equal(lab.reporter.refused.length, 2);
});

Deno.test("with the disk nearly full nothing is begun, and it goes on by itself when there is room", async () => {
  let wanted = Infinity;
  await using lab = await startAgentLab({ wantedFreeBytes: () => wanted });
  const ref = lab.begin(sh("true"));
  assert.match(lab.work.refusing!, /^disk nearly full: \d+(\.\d)? GiB free/);
  assert.deepEqual(lab.work.held().map(({ startedAtMs }) => startedAtMs), [null]);
  wanted = 0;
  assert.equal((await lab.endOf(ref)).exitCode, 0);
  assert.equal(lab.work.refusing, null);
});

const limiter = Deno.build.os === "linux" ? openMemoryLimiter() : null;
Deno.test({
  name: `a memory limit is the kernel's where cgroups can be made${
    limiter ? "" : " (skipped: no memory cgroup can be made here)"
  }`,
  ignore: limiter === null,
  fn: async () => {
    await using lab = await startAgentLab({ usesCgroups: true });
    const end = await lab.run(sh("head -c 400000000 /dev/zero | tail >/dev/null"), {
      memoryBytes: 64 * 2 ** 20,
    });
    assert.equal(end.cause, "memory");
    assert.match(end.reason!, /^out of memory: used 6\d(\.\d)? of 64 MiB$/);
    const small = await lab.run(sh("exit 3"), { memoryBytes: 64 * 2 ** 20 });
    assert.deepEqual([small.cause, small.exitCode], ["exit", 3]);
    assert.ok(small.result.usage.maxMemoryBytes! > 0);
    assert.match(small.result.usage.source!, /^times, cgroup[12]$/);
  },
});
