// What an agent costs a task, without a controller: task runner, executor, collecting, forgetting.
//   deno run -A bench/agent_bench.ts [process|noop] [tasks]
import { createWork } from "../agent/create_work.ts";
import type { Assignment, AttemptEnd } from "../agent/work.ts";
import { silentLog } from "../system/log.ts";

const executor = Deno.args[0] === "noop" ? "noop" : "process";
const total = Number(Deno.args[1] ?? (executor === "noop" ? 100_000 : 5000));
const tasks = Deno.makeTempDirSync({ prefix: "muster-bench-" });
const cpus = navigator.hardwareConcurrency;
const work = await createWork({
  tasks,
  executor,
  capacity: { cpus, memoryBytes: 2 ** 34, gpus: [] },
  environment: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/root" },
  log: silentLog,
});

const job = {
  jobId: "bench",
  jobName: "bench",
  cpus: 1,
  memoryBytes: null,
  gpus: 0,
  timeoutSeconds: null,
  inPlace: null,
  keepsAll: true,
};
const aTask = (index: number): Assignment => ({
  ref: { jobId: "bench", index, attempt: 1 },
  epoch: 1,
  job,
  command: { argv: ["true"] },
  env: {},
  results: null,
});

/** As a controller does: a little ahead of need, acknowledged in batches. */
const done = Promise.withResolvers<void>();
let given = 0;
let ended = 0;
let toAcknowledge: AttemptEnd[] = [];
const ahead = executor === "noop" ? 2000 : 100;
function settle() {
  const batch = toAcknowledge;
  toAcknowledge = [];
  work.acknowledged(batch.map(({ ref }) => ref));
  const next: Assignment[] = [];
  while (given < total && given - ended < ahead) next.push(aTask(++given));
  work.assign(next);
  if (ended === total) done.resolve();
}
const startedAtMs = performance.now();
const before = cpuSeconds();
work.attach({
  started: () => {},
  lost: (ref, reason) => done.reject(new Error(`lost ${ref.index}: ${reason}`)),
  notStarted: (ref, reason) => done.reject(new Error(`not started ${ref.index}: ${reason}`)),
  ended: (end) => {
    if (end.exitCode !== 0) done.reject(new Error(`exit code ${end.exitCode}`));
    ended++;
    toAcknowledge.push(end);
    if (toAcknowledge.length === 1) setTimeout(settle, executor === "noop" ? 0 : 5);
  },
});
settle();
await done.promise;
const wallMs = performance.now() - startedAtMs;
const after = cpuSeconds();
const lanes = laneSeconds();
const perTask = (seconds: number) => (seconds * 1000 / total).toFixed(3);
Deno.stdout.writeSync(new TextEncoder().encode(
  `${executor}: ${total} tasks, ${(wallMs / total).toFixed(3)} ms a task, ${
    Math.round(total / wallMs * 1000)
  }/s, CPU of the agent ${perTask(after.user - before.user)} user + ${
    perTask(after.system - before.system)
  } system ms a task, of lanes and tasks ${perTask(lanes.user)} user + ${perTask(lanes.system)} system\n`,
));
await work.close();
Deno.removeSync(tasks, { recursive: true });
Deno.exit();

/** Of this process's children that live, with all that they waited for. Each `true` costs its share as well. */
function laneSeconds(): { user: number; system: number } {
  const sum = { user: 0, system: 0 };
  if (Deno.build.os !== "linux") return sum;
  for (const { name } of Deno.readDirSync("/proc")) {
    const fields = /^\d+$/.test(name) ? statOf(name) : [];
    if (fields[3] !== String(Deno.pid)) continue;
    sum.user += (Number(fields[13]) + Number(fields[15])) / 100;
    sum.system += (Number(fields[14]) + Number(fields[16])) / 100;
  }
  return sum;
}

function statOf(pid: string): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/stat`).split(" ");
  } catch {
    return [];
  }
}

function cpuSeconds(): { user: number; system: number } {
  const fields = Deno.readTextFileSync("/proc/self/stat").split(" ");
  return { user: Number(fields[13]) / 100, system: Number(fields[14]) / 100 };
}
