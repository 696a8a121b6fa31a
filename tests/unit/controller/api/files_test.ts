import assert from "node:assert/strict";
import type { OutputFile } from "../../../../core/result.ts";
import { unpackTar } from "../../../../system/tar.ts";
import { aJob } from "../../../builders/a_job.ts";
import { anAttempt, aTask } from "../../../builders/a_task.ts";
import { apiLab } from "../../../labs/api_lab.ts";

type Lab = ReturnType<typeof apiLab>;

async function fetched(lab: Lab): Promise<Map<string, string>> {
  const response = await lab.ask("/api/v1/jobs/words/files");
  assert.equal(response.status, 200);
  const files = new Map<string, string>();
  for await (const file of unpackTar(response.body!)) {
    files.set(file.name, await new Response(file.body).text());
  }
  return files;
}

function aFile(lab: Lab, src: string, content: string, mode = 0o644): OutputFile {
  return { src, size: content.length, sha256: lab.blobs.add(content), mode };
}

/** A job of one task whose attempt printed "out" and left `files`. */
function withFiles(lab: Lab, files: readonly OutputFile[]): void {
  lab.jobs.push(aJob({ spec: { total: 1 } }));
  const ended = { state: "complete", attempt: 1, attempts: 1, hostId: "h1", exitCode: 0 } as const;
  const task = aTask({ ...ended, startedAt: 1_000, endedAt: 2_500 });
  lab.tasks.push({ task, parameters: ["/usr/a b"] });
  const output = { size: 3, sha256: lab.blobs.add("out") };
  lab.attempts.set("job1", [anAttempt({ output, files })]);
}

Deno.test("GET /jobs/{job}/files holds output, result.json and files of each task, then tasks.csv", async () => {
  using lab = apiLab();
  withFiles(lab, [aFile(lab, "a.txt", "A"), aFile(lab, "sub/b.txt", "BB", 0o4755)]);
  const files = await fetched(lab);
  assert.deepEqual([...files.keys()], [
    "1/stdout.txt",
    "1/result.json",
    "1/a.txt",
    "1/sub/b.txt",
    "tasks.csv",
  ]);
  assert.equal(files.get("1/stdout.txt"), "out");
  assert.equal(files.get("1/sub/b.txt"), "BB");
  assert.equal(
    files.get("tasks.csv"),
    "index,state,exit_code,reason,attempt,host,started_at,ended_at,seconds,file\n" +
      "1,complete,0,,1,h1,1970-01-01T00:00:01.000Z,1970-01-01T00:00:02.500Z,1.500,/usr/a b\n",
  );
  const result = JSON.parse(files.get("1/result.json")!);
  assert.equal(result.command, "wc -w '/usr/a b'");
  assert.deepEqual(result.parameters, { file: "/usr/a b" });
});

Deno.test("GET /jobs/{job}/files masks modes and keeps them", async () => {
  using lab = apiLab();
  withFiles(lab, [aFile(lab, "tool", "x", 0o4755)]);
  const response = await lab.ask("/api/v1/jobs/words/files");
  const modes = new Map<string, number>();
  for await (const file of unpackTar(response.body!)) {
    modes.set(file.name, file.mode);
    await file.body.cancel();
  }
  assert.equal(modes.get("1/tool"), 0o755);
});

Deno.test("GET /jobs/{job}/files gives way to no file that bears our names or leads elsewhere", async () => {
  using lab = apiLab();
  const names = ["stdout.txt", "result.json", "../evil", "/etc/evil", "a/../../evil", "fine"];
  withFiles(lab, names.map((name) => aFile(lab, name, name)));
  const files = await fetched(lab);
  assert.deepEqual([...files.keys()], [
    "1/stdout.txt",
    "1/result.json",
    "1/stdout.txt.task",
    "1/result.json.task",
    "1/fine",
    "tasks.csv",
  ]);
  assert.equal(files.get("1/stdout.txt"), "out");
  assert.equal(files.get("1/stdout.txt.task"), "stdout.txt");
});

Deno.test("GET /jobs/{job}/files sends long names and large files whole", async () => {
  using lab = apiLab();
  const name = `${"d".repeat(120)}/${"ä".repeat(100)}.txt`;
  const content = "x".repeat(3_000_000);
  withFiles(lab, [aFile(lab, name, content)]);
  assert.equal((await fetched(lab)).get(`1/${name}`), content);
});

Deno.test("GET /jobs/{job}/files breaks off rather than end well without a blob", async () => {
  using lab = apiLab();
  withFiles(lab, [{ src: "lost", size: 3, sha256: "0".repeat(64), mode: 0o644 }]);
  await assert.rejects(fetched(lab));
});

Deno.test("GET /jobs/{job}/files pages through many tasks and lists those that left nothing", async () => {
  using lab = apiLab();
  lab.jobs.push(aJob({ spec: { total: 1_200 } }));
  for (let index = 1; index <= 1_200; index++) {
    lab.tasks.push({ task: aTask({ index }), parameters: [`f${index}`] });
  }
  const files = await fetched(lab);
  assert.deepEqual([...files.keys()], ["tasks.csv"]);
  const lines = files.get("tasks.csv")!.trimEnd().split("\n");
  assert.equal(lines.length, 1_201);
  assert.equal(lines.at(-1), "1200,pending,,,0,,,,,f1200");
});

Deno.test("GET /jobs/{job}/files reads no further than its reader", async () => {
  let opened = 0;
  using lab = apiLab();
  lab.jobs.push(aJob({ spec: { total: 50 } }));
  const content = "y".repeat(1_000_000);
  const output = { size: content.length, sha256: lab.blobs.add(content) };
  const tasks = Array.from({ length: 50 }, (_, at) => at + 1);
  for (const index of tasks) lab.tasks.push({ task: aTask({ index, attempt: 1 }), parameters: ["f"] });
  lab.attempts.set("job1", tasks.map((index) => anAttempt({ index, output })));
  const { open } = lab.blobs;
  lab.blobs.open = (...args) => (opened++, open(...args));
  const reader = (await lab.ask("/api/v1/jobs/words/files")).body!.getReader();
  await reader.read();
  await reader.cancel();
  assert.ok(opened <= 3, `${opened} blobs were opened`);
});

Deno.test("blobs/batch stores each file of a tar by its name, and a body that is none is refused", async () => {
  using lab = apiLab();
  withFiles(lab, []);
  const refused = await lab.ask("/api/v1/blobs/batch", { method: "POST", body: "no tar".repeat(200) });
  assert.equal(refused.status, 400);
  assert.match((await refused.json()).error.message, /not a tar of files/);
  const named = await lab.ask("/api/v1/jobs/words/files");
  const other = await lab.ask("/api/v1/blobs/batch", { method: "POST", body: await named.bytes() });
  assert.match((await other.json()).error.message, /named by its SHA-256/);
});

Deno.test("blobs are put, asked for and opened by their hash", async () => {
  using lab = apiLab();
  const sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  const path = `/api/v1/blobs/${sha256}`;
  const missing = await (await lab.post("/api/v1/blobs/missing", { sha256: [sha256] })).json();
  assert.deepEqual(missing, { missing: [sha256] });
  assert.equal((await lab.ask(path)).status, 404);
  assert.equal((await lab.ask(path, { method: "PUT", body: "jello" })).status, 400);
  assert.equal((await lab.ask(path, { method: "PUT", body: "hello" })).status, 201);
  assert.equal((await lab.ask(path, { method: "PUT", body: "hello" })).status, 200);
  const response = await lab.ask(path);
  assert.equal(await response.text(), "hello");
  assert.equal(response.headers.get("content-security-policy"), "sandbox");
  assert.match(response.headers.get("content-disposition")!, /^attachment/);
  const head = await lab.ask(path, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length")], [200, "5"]);
  lab.state.refusing = "full";
  assert.equal((await lab.ask(path, { method: "PUT", body: "hello" })).status, 507);
});
