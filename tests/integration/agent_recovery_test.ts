import assert from "node:assert/strict";
import type { Assignment } from "../../agent/work.ts";
import { anAssignment, LAB_JOB, startAgentLab } from "../labs/agent_lab.ts";
import { TextLineStream } from "../labs/text_lines.ts";
import { waitUntil } from "../labs/wait_until.ts";

/** An agent in a process of its own. */
class AgentProcess {
  // deno-lint-ignore no-explicit-any -- reports of several shapes, looked at by the tests
  readonly reports: any[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reading: Promise<void>;

  constructor(tasks: string) {
    const script = new URL("../labs/agent_process.ts", import.meta.url).pathname;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "-q", script, tasks],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async assign(assignments: readonly Assignment[]): Promise<void> {
    await waitUntil(() => this.reports.some(({ ready }) => ready), { what: "the agent process" });
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(assignments)}\n`));
  }

  async end(signal: Deno.Signal): Promise<number | null> {
    this.#child.kill(signal);
    const { code } = await this.#child.status;
    await this.#reading;
    await this.#writer.close().catch(() => {});
    return code;
  }

  async #read(): Promise<void> {
    const lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) this.reports.push(JSON.parse(line));
  }
}

const sh = (index: number, shell: string) => anAssignment({ jobId: LAB_JOB, index, attempt: 1 }, { shell });

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  Deno.test(`createWork() finds a task again that outlived an agent ended by ${signal}`, async () => {
    const tasks = await Deno.makeTempDir();
    const agent = new AgentProcess(tasks);
    const mark = `${tasks}/ran`;
    await agent.assign([
      sh(1, `echo x >>${mark}; sleep 1; echo done; exit 7`),
      sh(2, `echo y >>${mark}; exit 5`),
    ]);
    await waitUntil(() => agent.reports.some(({ ended }) => ended?.ref.index === 2));
    const code = await agent.end(signal);
    if (signal === "SIGTERM") assert.equal(code, 0);

    await using lab = await startAgentLab({ tasks });
    assert.deepEqual(lab.work.held().map(({ ref }) => ref.index).sort(), [1, 2]);
    const running = lab.work.held().find(({ ref }) => ref.index === 1)!;
    assert.ok(performance.now() - running.startedAtMs! < 10_000);
    const end = await lab.endOf({ jobId: LAB_JOB, index: 1, attempt: 1 });
    assert.deepEqual([end.cause, end.exitCode], ["exit", 7]);
    assert.ok(end.ranMs >= 900 && end.ranMs < 9000, String(end.ranMs));
    assert.equal((await lab.endOf({ jobId: LAB_JOB, index: 2, attempt: 1 })).exitCode, 5);
    assert.deepEqual((await Deno.readTextFile(mark)).split("\n").sort(), ["", "x", "y"]);
    lab.work.acknowledged([{ jobId: LAB_JOB, index: 1, attempt: 1 }, {
      jobId: LAB_JOB,
      index: 2,
      attempt: 1,
    }]);
    assert.deepEqual(lab.work.held(), []);
  });
}

Deno.test("a task found again can be killed, and its timeout still holds", async () => {
  const tasks = await Deno.makeTempDir();
  const agent = new AgentProcess(tasks);
  const timed = anAssignment({ jobId: LAB_JOB, index: 2, attempt: 1 }, { shell: "sleep 60" }, {
    timeoutSeconds: 2,
  });
  await agent.assign([sh(1, "sleep 60"), timed]);
  await waitUntil(() => agent.reports.filter(({ started }) => started).length === 2);
  await agent.end("SIGKILL");

  await using lab = await startAgentLab({ tasks });
  lab.work.kill([{ jobId: LAB_JOB, index: 1, attempt: 1 }], 5);
  const killed = await lab.endOf({ jobId: LAB_JOB, index: 1, attempt: 1 });
  assert.deepEqual([killed.cause, killed.exitCode], ["killed", 143]);
  const late = await lab.endOf({ jobId: LAB_JOB, index: 2, attempt: 1 });
  assert.deepEqual([late.cause, late.exitCode], ["timeout", 143]);
  assert.ok(late.ranMs >= 1900 && late.ranMs < 6000, String(late.ranMs));
});

Deno.test("a memory limit that is watched is watched again", async () => {
  const tasks = await Deno.makeTempDir();
  const agent = new AgentProcess(tasks);
  const gate = `${tasks}/gate`;
  const shell = `while ! [ -e ${gate} ]; do sleep 0.05; done; head -c 200000000 /dev/zero | tail | sleep 60`;
  await agent.assign([
    anAssignment({ jobId: LAB_JOB, index: 1, attempt: 1 }, { shell }, { memoryBytes: 50 * 2 ** 20 }),
  ]);
  await waitUntil(() => agent.reports.some(({ started }) => started));
  await agent.end("SIGKILL");

  await using lab = await startAgentLab({ tasks });
  await Deno.writeTextFile(gate, "");
  const end = await lab.endOf({ jobId: LAB_JOB, index: 1, attempt: 1 });
  assert.equal(end.cause, "memory");
  assert.match(end.reason!, /^out of memory: used \d+(\.\d)? of 50 MiB$/);
});

Deno.test("a task found again without its lane is lost, and what is left of it is ended", async () => {
  const tasks = await Deno.makeTempDir();
  const agent = new AgentProcess(tasks);
  await agent.assign([sh(1, "echo $$ $PPID; sleep 60")]);
  const out = `${tasks}/${LAB_JOB}/1/1/out`;
  const [pid, lane] = await waitUntil(() =>
    /^(\d+) (\d+)\n/.exec(Deno.readTextFileSync(out))?.slice(1).map(Number)!
  );
  await agent.end("SIGKILL");
  Deno.kill(lane!, "SIGKILL");

  await using lab = await startAgentLab({ tasks });
  await waitUntil(() => lab.reporter.losses.length === 1);
  assert.equal(lab.reporter.losses[0]!.reason, "exit status lost");
  await waitUntil(() => !isAlive(pid!));
});

Deno.test("an agent killed in the middle of short tasks loses none and runs none again", async () => {
  const tasks = await Deno.makeTempDir();
  const ran = `${tasks}/ran`;
  const total = 400;
  const agent = new AgentProcess(tasks);
  await agent.assign(
    Array.from({ length: total }, (_, at) => sh(at + 1, `echo ${at + 1} >>${ran}; exit ${at % 7}`)),
  );
  await waitUntil(() => agent.reports.filter(({ ended }) => ended).length > 100);
  await agent.end("SIGKILL");

  await using lab = await startAgentLab({ tasks });
  const held = new Set(lab.work.held().map(({ ref }) => ref.index));
  await waitUntil(() => lab.reporter.ends.length + lab.reporter.refused.length >= held.size);
  assert.deepEqual(lab.reporter.losses, []);
  const rest = Array.from({ length: total }, (_, at) => at + 1).filter((index) =>
    !lab.reporter.ends.some(({ ref }) => ref.index === index)
  );
  lab.work.assign(
    rest.map((index) => ({
      ...sh(index, `echo ${index} >>${ran}; exit ${(index - 1) % 7}`),
      ref: { jobId: LAB_JOB, index, attempt: 2 },
    })),
  );
  await waitUntil(() => new Set(lab.reporter.ends.map(({ ref }) => ref.index)).size === total);
  for (const { ref, exitCode } of lab.reporter.ends) assert.equal(exitCode, (ref.index - 1) % 7);
  const times = (await Deno.readTextFile(ran)).trim().split("\n").map(Number).sort((a, b) => a - b);
  assert.deepEqual(times, Array.from({ length: total }, (_, at) => at + 1));
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
