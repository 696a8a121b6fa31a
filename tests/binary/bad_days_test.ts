import assert from "node:assert/strict";
import { testUnless } from "../labs/skip.ts";
import { waitUntil } from "../labs/wait_until.ts";
import { run } from "./built.ts";
import { ended, homeLab, processes, sharedLab } from "./home_lab.ts";

const lab = sharedLab();

Deno.test("a command that does not exist fails with exit code 127 and its PATH; the job goes on", async () => {
  await Deno.writeTextFile(`${lab.path}/programs.csv`, "program\ntrue\nno-such-program\ntrue\n");
  const { code, stdout } = await lab.muster([
    "sub",
    "-n",
    "some",
    "--params",
    "programs.csv",
    "--",
    "{program}",
    "x",
  ]);
  assert.equal(code, 1);
  assert.match(stdout, /^Job some failed · 2 complete, 1 failed of 3 in .*\n {2}task 2: exit code 127 on /);
  const task = await lab.json("show", "some", "2");
  assert.deepEqual([task.state, task.exit_code, task.signal], ["failed", 127, null]);
  assert.match(await lab.ok("logs", "some"), /"no-such-program": not found in PATH=\/.*bin/);
});

Deno.test("a task that a signal ended has exit code 128 + n and the signal", async () => {
  const signals = [6, 9, 11, 15];
  await Deno.writeTextFile(`${lab.path}/signals.csv`, `signal\n${signals.join("\n")}\n`);
  assert.equal(
    (await lab.muster(["sub", "-n", "hit", "--params", "signals.csv", "kill -{signal} $$"])).code,
    1,
  );
  const { items } = await lab.json("show", "hit", "--tasks");
  const seen = items.map((task: { exit_code: number; signal: number }) => [task.exit_code, task.signal]);
  assert.deepEqual(seen, signals.map((signal) => [128 + signal, signal]));
});

Deno.test("children that outlive their task end with it, in sessions of their own too", async () => {
  const script = [
    "sleep 98765 &",
    "setsid sleep 98765 &",
    '(setsid sh -c "trap : TERM HUP; while :; do sleep 98765; done" >/dev/null 2>&1 </dev/null &)',
    "nohup sleep 98765 >/dev/null 2>&1 &",
    "sleep 0.2",
    "echo begun",
  ].join("\n");
  await lab.ok("sub", "-n", "family", script);
  assert.equal(await lab.ok("logs", "family"), "begun\n");
  await waitUntil(async () => (await strays()).length === 0, {
    what: "the children's end",
    timeoutMs: 15_000,
  });
});

async function strays(): Promise<readonly string[]> {
  const found = (await processes()).filter(({ words, cwd }) =>
    words.includes("98765") && cwd.startsWith(lab.path)
  );
  return found.map(({ words }) => words);
}

Deno.test("a task over its time that ignores SIGTERM is killed after the grace, its neighbours are not", async () => {
  await lab.ok(
    "sub",
    "-n",
    "deaf",
    "--no-wait",
    "--timeout",
    "1s",
    'trap "" TERM; while :; do sleep 0.1; done',
  );
  const begin = performance.now();
  await lab.ok("sub", "-n", "hears", "--seq", "4", "--", "sleep", "0.1");
  assert.equal((await lab.muster(["wait", "deaf"])).code, 1);
  const seconds = (performance.now() - begin) / 1000;
  assert.ok(seconds > 9 && seconds < 20, `it took ${seconds} s`);
  const task = await lab.json("show", "deaf", "1");
  assert.deepEqual([task.state, task.reason], ["failed", "ran longer than 1 s"]);
});

Deno.test("a kill ends a running task and everything below it", async () => {
  await lab.ok("sub", "-n", "tree", "--no-wait", "sh -c 'sleep 98765 & sleep 98765' & wait");
  await waitUntil(async () => (await strays()).length >= 2, { what: "the task's children" });
  assert.match(await lab.ok("kill", "tree"), /^Stopping 1 task\n$/);
  assert.match((await lab.muster(["wait", "tree"])).stdout, /^Job tree killed · 1 killed of 1 /);
  await waitUntil(async () => (await strays()).length === 0, { what: "the children's end" });
});

Deno.test("a task that floods its output keeps all of it, and the controller answers meanwhile", async () => {
  const bytes = 150_000_000;
  await lab.ok("sub", "-n", "flood", "--no-wait", `yes | head -c ${bytes}`);
  await answersAtOnce([["status"], ["show", "flood"]]);
  await lab.ok("wait", "flood");
  const logs = lab.spawn(["logs", "flood", "--raw"]);
  let size = 0;
  for await (const chunk of logs.stdout) size += chunk.length;
  assert.equal(size, bytes);
  assert.equal((await logs.status).code, 0);
  await logs.stderr.cancel();
});

Deno.test("status, list and show answer at once while a job of 100,000 tasks runs", async () => {
  const job = await lab.json("sub", "-n", "many", "--no-wait", "--seq", "100000", "--", "true");
  assert.equal(job.total, 100_000);
  const calls = [["status"], ["list"], ["show", "many"], ["status", "many"], ["show", "many", "--tasks"]];
  await answersAtOnce([...calls, ["show", "many", "99999"], ["logs", "many", "1"]]);
  assert.equal((await lab.json("status", "many")).state, "running");
  await lab.ok("kill", "many");
  await lab.muster(["wait", "many"]);
  const { counts } = await lab.json("show", "many");
  assert.equal(counts.complete + counts.killed, 100_000);
  await lab.ok("delete", "many");
});

/** Asserts that each call ends within a second, its start included. */
async function answersAtOnce(calls: readonly (readonly string[])[]): Promise<void> {
  for (const words of calls) {
    const begin = performance.now();
    await lab.ok(...words);
    const took = performance.now() - begin;
    assert.ok(took < 1000, `muster ${words.join(" ")} took ${Math.round(took)} ms`);
  }
}

Deno.test("several muster sub at once from nothing make one controller, and all jobs run", async () => {
  await using lab = await homeLab();
  await lab.muster(["--version"]); // Unpacks the program: the race is that of the controllers.
  const runs = await Promise.all([1, 2, 3, 4].map((n) => lab.muster(["sub", "-n", `job${n}`, "--", "true"])));
  assert.deepEqual(runs.map(({ code }) => code), [0, 0, 0, 0], runs.map(({ stderr }) => stderr).join(""));
  assert.equal(runs.filter(({ stderr }) => stderr.includes("Started a controller")).length, 1);
  const controllers = (await processes()).filter(({ words }) =>
    words.includes(lab.path) && words.includes("controller start")
  );
  assert.equal(controllers.length, 1);
  assert.equal((await lab.json("list")).items.length, 4);
});

Deno.test("a controller that was killed comes back with its jobs, and running tasks go on", async () => {
  await lab.ok("sub", "-n", "first", "--seq", "3", "--", "echo", "{index}");
  await lab.ok("sub", "-n", "through", "--no-wait", "--", "sh", "-c", "sleep 3; echo survived");
  await waitUntil(async () => (await lab.json("status", "through")).counts.running === 1, {
    what: "the task",
  });
  Deno.kill((await lab.json("controller", "status")).pid, "SIGKILL");
  await lab.ok("wait", "through");
  const task = await lab.json("show", "through", "1");
  assert.deepEqual([task.state, task.attempts], ["complete", 1]);
  assert.equal(await lab.ok("logs", "through"), "survived\n");
  assert.equal((await lab.json("show", "first")).state, "complete");
});

Deno.test("Ctrl-C leaves a job running and says how to come back", async () => {
  await lab.ok("controller", "start", "--detach");
  const child = lab.spawn(["sub", "-n", "left", "--", "sh", "-c", "sleep 2; echo done"]);
  await waitUntil(async () => (await lab.json("status", "left")).state === "running", { what: "the job" });
  child.kill("SIGINT");
  const { code, stderr } = await ended(child);
  assert.equal(code, 130);
  assert.match(
    stderr,
    /Left job left \(j\w+\): it goes on\. muster watch j\w+ comes back, muster kill j\w+ ends it\n$/,
  );
  await lab.ok("wait", "left");
  assert.equal(await lab.ok("logs", "left"), "done\n");
});

Deno.test("a reader that leaves ends a command with 141, and the job it submitted goes on", async () => {
  await lab.ok("sub", "-n", "long", "yes line | head -c 20000000");
  const logs = lab.spawn(["logs", "long"]);
  await readSome(logs.stdout);
  assert.deepEqual([(await logs.status).code, await new Response(logs.stderr).text()], [141, ""]);
  const sub = lab.spawn(["sub", "-n", "alone", "--", "sleep", "1"]);
  await readSome(sub.stderr);
  await sub.stdout.cancel();
  assert.equal((await sub.status).code, 141);
  await lab.ok("wait", "alone");
});

/** Reads a little and closes the pipe. */
async function readSome(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel();
}

// deno-lint-ignore no-control-regex
const COLOR = /\x1b\[[0-9;]*m/;

testUnless(
  await run(["script", "--version"], {}).then(
    () => undefined,
    () => "script(1), which makes a terminal, is missing",
  ),
  "colours are for terminals, and NO_COLOR turns them off",
  async () => {
    await lab.ok("sub", "-n", "word", "--", "true");
    const folder = `${lab.path}/bin`;
    await Deno.mkdir(folder);
    await Deno.symlink(await Deno.realPath(`${Deno.cwd()}/dist/muster`), `${folder}/muster`);
    const env = { ...lab.env(), TERM: "xterm", PATH: `${folder}:${lab.env().PATH}` };
    const onTerminal = (extra: Record<string, string>) =>
      run(["script", "-qec", "muster list", "/dev/null"], { ...env, ...extra });
    assert.match((await onTerminal({})).stdout, COLOR);
    assert.doesNotMatch((await onTerminal({ NO_COLOR: "1" })).stdout, COLOR);
    assert.doesNotMatch(await lab.ok("list"), COLOR);
  },
);
