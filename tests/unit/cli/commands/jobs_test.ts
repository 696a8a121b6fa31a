import assert from "node:assert/strict";
import { join } from "node:path";
import { killWords } from "../../../../cli/commands/kill.ts";
import { packTar } from "../../../../system/tar.ts";
import {
  aCompleteJob,
  aFailedJob,
  aHostBody,
  aHostSample,
  aJobBody,
  aJobDetail,
  aStatusBody,
  aTaskBody,
} from "../../../builders/api_bodies.ts";
import { aStream, createFakeClient, watchUntilLeft } from "../../../fakes/fake_client.ts";
import { muster } from "../../../labs/cli_lab.ts";

const NO_ITEMS = { items: [], next_cursor: null };

Deno.test("muster list shows a row a job, without what a terminal would obey", async () => {
  const jobs = () =>
    Promise.resolve({
      items: [aJobBody(), aFailedJob({ id: "jdef", name: "evil\x1b[2J\nname" })],
      next_cursor: "c",
    });
  const { code, out, err } = await muster(["list"], { client: createFakeClient({ jobs }) });
  assert.equal(code, 0);
  assert.equal(
    out,
    "NAME       ID    STATE     DONE  FAILED  SUBMITTED  TIME\n" +
      "words      jabc  running  12/17       1  9s ago     8 s\n" +
      "evil name  jdef  failed   17/17       2  9s ago     4 s\n",
  );
  assert.equal(err, "Older jobs: muster list --limit 100\n");
});

Deno.test("muster list and host list say what to run when there is nothing", async () => {
  const client = createFakeClient({
    jobs: () => Promise.resolve(NO_ITEMS),
    hosts: () => Promise.resolve(NO_ITEMS),
  });
  assert.match((await muster(["list"], { client })).out, /^No jobs\. .*muster sub/);
  assert.match((await muster(["host", "list"], { client })).out, /^No hosts yet\. .*muster agent start/);
});

Deno.test("muster list passes its filters on and --quiet prints ids alone", async () => {
  const client = createFakeClient();
  const { out } = await muster(["list", "--state", "failed", "--name", "x", "--limit", "5", "--quiet"], {
    client,
  });
  assert.equal(out, "jabc\n");
  assert.deepEqual(client.calls[0], { method: "jobs", args: [{ limit: 5, name: "x", state: "failed" }] });
});

Deno.test("muster list and show refuse a state that is none", async () => {
  const { code, err } = await muster(["list", "--state", "fialed"]);
  assert.equal(code, 2);
  assert.match(err, /--state "fialed": it takes pending, .*\nhint: Did you mean failed\?\n$/);
  assert.equal((await muster(["show", "words", "--state", "x"])).code, 2);
});

Deno.test("colours are for terminals only, and not where NO_COLOR is set", async () => {
  const terminal = { outIsTerminal: true };
  assert.ok((await muster(["list"], { terminal })).out.includes("\x1b[36mrunning\x1b[0m"));
  assert.ok(!(await muster(["list"], { terminal, env: { NO_COLOR: "1" } })).out.includes("\x1b"));
  assert.ok(!(await muster(["list"], { terminal, env: { TERM: "dumb" } })).out.includes("\x1b"));
  assert.ok(!(await muster(["list"])).out.includes("\x1b"));
});

Deno.test("muster status shows the fleet in a few lines and the running jobs", async () => {
  const { out } = await muster(["status"]);
  assert.equal(
    out,
    "controller  http://127.0.0.1:7770 · up 3h · 0.1.0\n" +
      "hosts       1 ready\n" +
      "jobs        1 running, 4 ended\n" +
      "tasks       2 running, 3 waiting\n" +
      "\n" +
      "NAME   ID    STATE     DONE  FAILED  SUBMITTED  TIME\n" +
      "words  jabc  running  12/17       1  9s ago     8 s\n",
  );
});

Deno.test("muster status says why work is refused", async () => {
  const status = () => Promise.resolve(aStatusBody({ refusing: "the disk has 400 MB left" }));
  const { out } = await muster(["status"], { client: createFakeClient({ status }) });
  assert.match(out, /refuses work +the disk has 400 MB left/);
});

Deno.test("muster status JOB shows how far it is, or how it ended", async () => {
  assert.equal(
    (await muster(["status", "words"])).out,
    "Job words (jabc) running · 12/17 done · 2 running · 1 failed\n",
  );
  const client = createFakeClient({ job: () => Promise.resolve(aJobDetail(aFailedJob())) });
  assert.equal(
    (await muster(["status", "words"], { client })).out,
    "Job words failed · 15 complete, 2 failed of 17 in 4 s\n",
  );
});

Deno.test("muster show tells what was asked for and leaves out what was not", async () => {
  const { out } = await muster(["show", "words"]);
  assert.match(out, /^job {9}words \(jabc\)\n/);
  assert.match(out, /\ncommand {5}wc -w '\{file\}'\n/);
  assert.doesNotMatch(out, /retries|timeout|directory|labels|null/);
});

Deno.test("muster show --tasks lists tasks, and show JOB INDEX one task's attempts", async () => {
  const { out } = await muster(["show", "words", "--tasks"]);
  assert.match(out, /^INDEX +STATE +HOST/);
  assert.match(out, /3 +failed +spark-1 +1 +1 s +exit code 1 +file=GPL-2\n/);
  const task = await muster(["show", "words", "3"]);
  assert.match(task.out, /command +wc -w GPL-2\n/);
  assert.match(task.out, /ATTEMPT +STATE +HOST/);
  assert.equal((await muster(["show", "words", "x"])).code, 2);
  const empty = createFakeClient({ tasks: () => Promise.resolve(NO_ITEMS) });
  assert.match(
    (await muster(["show", "words", "--state", "killed"], { client: empty })).out,
    /^No tasks are killed\./,
  );
});

Deno.test("muster logs prints the only task's output", async () => {
  const client = createFakeClient({ job: () => Promise.resolve(aJobDetail({ total: 1 })) });
  const { code, out, err } = await muster(["logs", "words"], { client });
  assert.deepEqual([code, out, err], [0, "hello\n", ""]);
  assert.deepEqual(client.calls[1]?.args.slice(0, 2), ["jabc", 1]);
});

Deno.test("muster logs without INDEX takes the task that failed first and says which", async () => {
  const tasks = () =>
    Promise.resolve({
      items: [aTaskBody({ index: 2, ended_at: "2026-01-02T03:00:04.000Z" }), aTaskBody({ index: 5 })],
      next_cursor: null,
    });
  const client = createFakeClient({ tasks });
  const { out, err } = await muster(["logs", "words"], { client });
  assert.deepEqual([out, err], ["hello\n", "Task 5 of words, which failed first:\n"]);
});

Deno.test("muster logs asks which task where none failed", async () => {
  const client = createFakeClient({ job: () => Promise.resolve(aJobDetail(aCompleteJob())) });
  const { code, err } = await muster(["logs", "words"], { client });
  assert.equal(code, 2);
  assert.match(err, /it has 17 tasks and none failed\nhint: muster logs words 1 shows the first\n/);
});

Deno.test("muster logs strips what a terminal would obey, even cut in two, unless --raw", async () => {
  const log = () =>
    Promise.resolve(
      aStream(
        "a\x1b[3",
        "1mred\x1b[0m é".slice(0, -1),
        Uint8Array.from([0xc3]),
        Uint8Array.from([0xa9]),
        "\n",
      ),
    );
  const client = () => createFakeClient({ log });
  assert.equal((await muster(["logs", "words", "3"], { client: client() })).out, "ared é\n");
  const raw = (await muster(["logs", "words", "3", "--raw"], { client: client() })).out;
  assert.ok(raw.startsWith("a\x1b[31mred\x1b[0m "));
});

Deno.test("muster logs says that a task printed nothing", async () => {
  const client = createFakeClient({ log: () => Promise.resolve(aStream()) });
  const { out, err } = await muster(["logs", "words", "3"], { client });
  assert.deepEqual([out, err], ["", "It printed nothing\n"]);
});

Deno.test("muster logs passes --follow and --attempt on", async () => {
  const client = createFakeClient();
  await muster(["logs", "words", "3", "-f", "--attempt", "2"], { client });
  const { follow, attempt } = client.calls[1]?.args[2] as { follow: boolean; attempt: number };
  assert.deepEqual([follow, attempt], [true, 2]);
});

Deno.test("muster watch follows to the end, wait answers for all jobs", async () => {
  assert.deepEqual((await muster(["watch", "words"])).code, 0);
  const failing = createFakeClient({ watched: [aFailedJob()] });
  assert.equal((await muster(["watch", "words"], { client: failing })).code, 1);
  const { code, out } = await muster(["wait", "a", "b"], { client: failing });
  assert.equal(code, 1);
  assert.equal(out, "Job words failed · 15 complete, 2 failed of 17 in 4 s\n".repeat(2));
});

Deno.test("muster wait ends with 130 on Ctrl-C and leaves the jobs alone", async () => {
  const left = new AbortController();
  const client = createFakeClient({
    watchJob: (_job, options) => {
      queueMicrotask(() => left.abort());
      return watchUntilLeft([aJobBody()], options?.signal);
    },
  });
  const { code, err } = await muster(["wait", "a", "b"], {
    client,
    ports: { interrupts: () => left.signal },
  });
  assert.deepEqual([code, err], [130, "Stopped waiting: the jobs go on. muster list shows them\n"]);
});

Deno.test("muster kill says what was stopped and what will be", async () => {
  const client = createFakeClient();
  const { code, out } = await muster(["kill", "words"], { client });
  assert.equal(code, 0);
  assert.equal(
    out,
    "Killed 3 tasks that had not begun\nStopping 2 tasks\n" +
      '1 task will be stopped when host "spark-2" returns\n',
  );
  await muster(["kill", "words", "3", "4"], { client });
  assert.deepEqual(client.calls.filter(({ method }) => method === "kill").map(({ args }) => args[1]), [
    {},
    { indexes: [3, 4] },
  ]);
  assert.equal(
    killWords("words", { killed: 0, stopping: 0, on_return: [] }),
    "Nothing of job words was left to kill\n",
  );
});

Deno.test("muster reset runs failed tasks again, or all", async () => {
  const client = createFakeClient();
  assert.equal(
    (await muster(["reset", "words"], { client })).out,
    "2 tasks will run again · muster watch words\n",
  );
  await muster(["reset", "words", "--all"], { client });
  assert.deepEqual(client.calls.filter(({ method }) => method === "reset").map(({ args }) => args[1]), [
    { which: "failed" },
    { which: "all" },
  ]);
  assert.equal((await muster(["reset", "words", "--all", "--failed"], { client })).code, 2);
});

Deno.test("muster delete asks on a terminal, not where it was told yes", async () => {
  const terminal = { inIsTerminal: true };
  const asked: string[] = [];
  const confirm = (question: string) => asked.push(question) === 0;
  const client = createFakeClient();
  const refused = await muster(["delete", "words"], { client, terminal, ports: { confirm } });
  assert.equal(refused.code, 130);
  assert.deepEqual(asked, ["Delete job words (jabc) with the results of 17 tasks? [y/N]"]);
  assert.ok(!client.calls.some(({ method }) => method === "deleteJob"));
  for (const argv of [["delete", "words", "--yes"], ["--yes", "delete", "words"]]) {
    const { code, out } = await muster(argv, { client, terminal });
    assert.deepEqual([code, out], [0, "Deleted job words (jabc) with the results of 17 tasks\n"]);
  }
  assert.deepEqual(client.calls.filter(({ method }) => method === "deleteJob").length, 2);
});

Deno.test("muster fetch unpacks into a directory named for the job and counts what changed", async () => {
  const cwd = await Deno.makeTempDir();
  try {
    const files = () => Promise.resolve(aTar({ "1/stdout.txt": "12 GPL-2\n", "tasks.csv": "index\n1\n" }));
    const client = createFakeClient({ files });
    const first = await muster(["fetch", "words"], { client, cwd });
    assert.equal(first.out, "Fetched 2 files, 17 B, into words/\n");
    assert.equal(await Deno.readTextFile(join(cwd, "words/1/stdout.txt")), "12 GPL-2\n");
    await Deno.writeTextFile(join(cwd, "words/tasks.csv"), "mine\n");
    assert.equal(
      (await muster(["fetch", "words"], { client, cwd })).out,
      "Fetched 2 files, 17 B, into words/ · 1 replaced\n",
    );
    assert.equal(
      (await muster(["fetch", "words", "there/"], { client, cwd })).out,
      "Fetched 2 files, 17 B, into there/\n",
    );
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("muster host list shows the machines and host show one of them", async () => {
  const { out } = await muster(["host", "list"]);
  assert.match(out, /spark-1 +ready +linux-arm64 +20 +128 GiB +1 NVIDIA GB10 +2 +1s ago\n/);
  assert.equal(
    (await muster(["host", "show", "h1"])).out,
    "host      spark-1 (h1)\n" +
      "state     ready\n" +
      "platform  linux-arm64\n" +
      "CPUs      3.3 of 20 busy\n" +
      "memory    12 GiB of 128 GiB used\n" +
      "GPUs      1 NVIDIA GB10\n" +
      "GPU 0     37% busy\n" +
      "disk      1 TiB free of 4 TiB\n" +
      "running   2\n" +
      "agent     0.1.0\n" +
      "seen      1s ago\n" +
      "sampled   2s ago\n",
  );
  assert.equal((await muster(["host", "show", "spark1"])).code, 3);
});

Deno.test("muster host show says what is known of a host that is away", async () => {
  const client = createFakeClient({
    host: () => Promise.resolve(aHostBody({ state: "away", sample: null })),
  });
  const { out } = await muster(["host", "show", "h1"], { client });
  assert.match(out, /^CPUs +20\nmemory +128 GiB\nGPUs/m);
  const watched = await muster(["host", "show", "h1", "--watch"], { client });
  assert.equal(watched.err, "Host spark-1 is away; samples come when it is back\n");
});

Deno.test("muster host show --watch prints a line a sample until Ctrl-C", async () => {
  const interrupt = new AbortController();
  const client = createFakeClient({
    async *watchSamples(_host, options) {
      yield aHostSample();
      yield aHostSample({ gpus: [{ index: 1, utilization: null, memory_used: 2 ** 30 }] });
      interrupt.abort();
      options?.signal?.throwIfAborted();
    },
  });
  const ports = { interrupts: () => interrupt.signal };
  const { code, out } = await muster(["host", "show", "spark-1", "--watch"], { client, ports });
  assert.equal(code, 130);
  const begin = "2026-01-02T03:00:07.000Z  CPUs 3.3 of 20 busy · memory 12 GiB of 128 GiB used";
  assert.equal(out, `${begin} · GPU 0 37% busy\n${begin} · GPU 1 1 GiB used\n`);
});

Deno.test("muster events prints a line an event", async () => {
  const client = createFakeClient();
  const { code, out } = await muster(["events", "--since", "5", "--job", "words"], { client });
  assert.deepEqual([code, out], [0, "2026-01-02T03:00:01.000Z  task.running      jabc 3 spark-1\n"]);
  const { since, job } = client.calls.find(({ method }) => method === "events")?.args[0] as Record<
    string,
    unknown
  >;
  assert.deepEqual([since, job], [5, "jabc"]);
});

function aTar(files: Readonly<Record<string, string>>): ReadableStream<Uint8Array> {
  return packTar(ReadableStream.from(
    Object.entries(files).map(([name, text]) => {
      const body = new TextEncoder().encode(text);
      return { name, size: body.length, mode: 0o644, body };
    }),
  ));
}
