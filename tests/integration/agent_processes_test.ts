import assert from "node:assert/strict";
import { LAB_JOB, startAgentLab } from "../labs/agent_lab.ts";
import { waitUntil } from "../labs/wait_until.ts";

const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const sh = (shell: string) => ({ shell });
/** Whether a process of this number exists and is no zombie. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test("a task's exit code is reported as the shell says it", async () => {
  await using lab = await startAgentLab();
  for (
    const [command, code] of [["true", 0], ["exit 3", 3], ["exit 125", 125], ["exit 255", 255], [
      "kill -9 $$",
      137,
    ], ["kill $$", 143]] as const
  ) {
    const end = await lab.run(sh(command));
    assert.deepEqual([end.cause, end.exitCode], ["exit", code], command);
  }
});

Deno.test("a task's output holds both streams in their order, and small outputs ride in the report", async () => {
  await using lab = await startAgentLab();
  const end = await lab.run(sh("echo one; echo two >&2; echo three"));
  assert.equal(decode(end.inline.get(end.result.output.sha256)), "one\ntwo\nthree\n");
  assert.equal(end.result.output.size, 14);
});

Deno.test("an argument vector reaches the command byte for byte", async () => {
  await using lab = await startAgentLab();
  const nasty = [
    "",
    " ",
    "a b",
    "'",
    '"',
    "$HOME",
    "`id`",
    "\\",
    "*",
    "new\nline",
    "-n",
    "é",
    "a'b\"c;rm -rf /",
  ];
  const ref = lab.begin({ argv: ["printf", "%s\\0", ...nasty] });
  await lab.endOf(ref);
  assert.deepEqual(lab.outputOf(ref).split("\0").slice(0, -1), nasty);
});

Deno.test("a task sees the login environment, its own variables and nothing of the agent's", async () => {
  Deno.env.set("AGENT_SECRET", "do not leak");
  await using lab = await startAgentLab();
  const ref = lab.begin({ argv: ["env", "-0"] }, { jobName: "with space" }, { MINE: "a\nb" });
  await lab.endOf(ref);
  const seen = Object.fromEntries(
    lab.outputOf(ref).split("\0").filter((entry) => entry !== "").map((entry) => [
      entry.slice(0, entry.indexOf("=")),
      entry.slice(entry.indexOf("=") + 1),
    ]),
  );
  for (const own of ["PWD", "OLDPWD", "_"]) delete seen[own];
  assert.deepEqual(seen, {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: "/",
    LANG: "C.UTF-8",
    TMPDIR: `${lab.pathOf(ref)}/tmp`,
    MUSTER_JOB: LAB_JOB,
    MUSTER_JOB_NAME: "with space",
    MUSTER_INDEX: "1",
    MUSTER_ATTEMPT: "1",
    MUSTER_TASK: `${LAB_JOB}:1:1`,
    MINE: "a\nb",
  });
  Deno.env.delete("AGENT_SECRET");
});

Deno.test("a task starts in an empty directory, with closed input and default signals", async () => {
  await using lab = await startAgentLab();
  const ref = lab.begin(sh('ls -A . "$TMPDIR"; cat; grep SigIgn /proc/self/status'));
  await lab.endOf(ref);
  assert.match(lab.outputOf(ref), /^\.:\n\n\S+tmp:\nSigIgn:\t0{16}\n$/);
});

Deno.test("a task inherits no descriptor of its lane", async () => {
  await using lab = await startAgentLab();
  // `ls` itself has the directory open.
  const numbers = (listing: string) =>
    [...listing.matchAll(/ (\d+) -> (?!\/proc\/\d+\/fd$)/gm)].map(([, number]) => Number(number))
      .sort((a, b) => a - b);
  const ref = lab.begin({ argv: ["ls", "-l", "/proc/self/fd"] });
  await lab.endOf(ref);
  // What this test process itself was started with is inherited by every child, and a lane cannot close all of it.
  const file = await Deno.makeTempFile();
  const plain = new Deno.Command("sh", {
    args: ["-c", `ls -l /proc/self/fd >${file}`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  await plain.output();
  const inherited = numbers(await Deno.readTextFile(file)).filter((number) => number > 9);
  assert.deepEqual(numbers(lab.outputOf(ref)), [0, 1, 2, ...inherited]);
  await Deno.remove(file);
});

Deno.test("a task that is killed gets SIGTERM and may end by itself", async () => {
  await using lab = await startAgentLab();
  const ref = lab.begin(sh('trap "echo bye; exit 9" TERM; echo up; while :; do sleep 0.05; done'));
  await waitUntil(() => lab.reporter.begun.length > 0 && lab.outputOf(ref) !== "");
  lab.work.kill([ref], 10);
  const end = await lab.endOf(ref);
  assert.deepEqual([end.cause, end.exitCode], ["killed", 9]);
  assert.equal(lab.outputOf(ref), "up\nTerminated\nbye\n");
});

Deno.test("a task that is killed as it begins does not outlive the signal", async () => {
  await using lab = await startAgentLab();
  for (let round = 0; round < 15; round++) {
    const ref = lab.begin(sh("sleep 60"));
    await waitUntil(() => lab.reporter.begun.some(({ index }) => index === ref.index));
    lab.work.kill([ref], 60);
    const end = await lab.endOf(ref);
    assert.equal(end.cause, "killed");
    assert.ok(end.ranMs < 5000, String(end.ranMs));
  }
});

Deno.test("a task that ignores SIGTERM is ended by its timeout and the grace", async () => {
  await using lab = await startAgentLab();
  const ref = lab.begin(sh('trap "" TERM; echo up; while :; do sleep 0.05; done'));
  await waitUntil(() => lab.reporter.begun.length > 0 && lab.outputOf(ref) !== "");
  lab.work.kill([ref], 0.2);
  const end = await lab.endOf(ref);
  assert.deepEqual([end.cause, end.exitCode], ["killed", null]);
});

Deno.test("a task that runs longer than its timeout is ended with that cause", async () => {
  await using lab = await startAgentLab();
  const end = await lab.run({ argv: ["sleep", "30"] }, { timeoutSeconds: 0.2 });
  assert.deepEqual([end.cause, end.exitCode, end.reason], ["timeout", 143, "ran longer than 0.2 s"]);
  // Timers may fire a fraction of a millisecond early.
  assert.ok(end.ranMs >= 199 && end.ranMs < 5000, String(end.ranMs));
});

Deno.test("children that outlive their task are ended, in its session or out of it", async () => {
  await using lab = await startAgentLab();
  const ref = lab.begin(
    sh("sleep 300 & echo $!; setsid sleep 300 & sleep 0.1; pgrep -f 'sleep 30[0]' -n; exit 0"),
  );
  const end = await lab.endOf(ref);
  assert.equal(end.exitCode, 0);
  const pids = lab.outputOf(ref).trim().split("\n").map(Number);
  assert.equal(pids.length, 2);
  await waitUntil(() => pids.every((pid) => !isAlive(pid)));
});

Deno.test("a command that does not exist ends with 127 and the PATH that was used", async () => {
  await using lab = await startAgentLab();
  for (const command of [{ argv: ["no-such-command"] }, sh("no-such-command")]) {
    const ref = lab.begin(command);
    const end = await lab.endOf(ref);
    assert.equal(end.exitCode, 127);
    assert.match(lab.outputOf(ref), /PATH=\/usr\/local\/bin:\/usr\/bin:\/bin/);
  }
});

Deno.test("a directory of the user's that cannot be entered fails the command and is named in its output", async () => {
  await using lab = await startAgentLab();
  const ref = lab.begin(sh("true"), { inPlace: "/no/such/directory" });
  assert.equal((await lab.endOf(ref)).exitCode, 126);
  assert.match(lab.outputOf(ref), /\/no\/such\/directory/);
});

Deno.test("a lane that a task kills loses the attempt, never ends it with 0", async () => {
  await using lab = await startAgentLab();
  lab.begin(sh("kill -9 $PPID; kill -9 0"));
  await waitUntil(() => lab.reporter.losses.length === 1);
  assert.equal(lab.reporter.losses[0]!.reason, "exit status lost");
  assert.equal((await lab.run(sh("exit 4"))).exitCode, 4);
});

Deno.test("a task that signals its own process group does not take the lane with it", async () => {
  await using lab = await startAgentLab();
  for (const signal of ["TERM", "INT", "HUP", "USR1", "QUIT"]) {
    const end = await lab.run(sh(`kill -${signal} 0; sleep 5`));
    assert.equal(end.exitCode, 128 + { TERM: 15, INT: 2, HUP: 1, USR1: 10, QUIT: 3 }[signal]!, signal);
  }
});

Deno.test("a memory limit ends the task by watching where there are no cgroups", async () => {
  await using lab = await startAgentLab();
  const end = await lab.run(
    sh("head -c 400000000 /dev/zero | tail | sleep 30"),
    { memoryBytes: 100 * 2 ** 20 },
  );
  assert.equal(end.cause, "memory");
  assert.match(end.reason!, /^out of memory: used \d+(\.\d)? of 100 MiB$/);
  assert.equal(end.result.usage.source, "sampling");
});

Deno.test("tasks of a job share the host by CPUs and wait for their turn", async () => {
  await using lab = await startAgentLab({ capacity: { cpus: 1, memoryBytes: 2 ** 33, gpus: [0, 1] } });
  const first = lab.begin(sh("echo $CUDA_VISIBLE_DEVICES; sleep 0.2"), { cpus: 0.5, gpus: 1 });
  const second = lab.begin(sh("echo $CUDA_VISIBLE_DEVICES; sleep 0.2"), { cpus: 0.5, gpus: 1 });
  const third = lab.begin(sh("echo ${CUDA_VISIBLE_DEVICES-none}"), { cpus: 1 });
  const ends = await Promise.all([first, second, third].map((ref) => lab.endOf(ref)));
  assert.deepEqual([first, second, third].map((ref) => lab.outputOf(ref)), ["0\n", "1\n", "none\n"]);
  assert.ok(ends[2]!.endedAtMs - ends[2]!.ranMs >= ends[0]!.endedAtMs);
  lab.begin(sh("true"), { gpus: 3 });
  assert.equal(lab.reporter.refused[0]!.reason, "needs 3 GPUs, this host has 2");
});
