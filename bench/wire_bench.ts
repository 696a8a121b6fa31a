/**
 * What does the wire cost a task? 100,000 no-op tasks go from the controller's end to the agent's and their ends
 * come back and are acknowledged, over mutual TLS, both ends in this one process; no store, no processes.
 * Run: deno run -A bench/wire_bench.ts [tasks]
 */
import type { AssignedTask } from "../controller/jobs/queue.ts";
import { aSpec } from "../tests/builders/a_job.ts";
import { anEnd, aRef } from "../tests/fakes/recording_work.ts";
import { wireLab } from "../tests/labs/wire_lab.ts";

const TASKS = Number(Deno.args[0] ?? 100_000);
/** Tasks claimed in one commit, and tasks that may be out. */
const CLAIM = 200;
const OUT = 2_000;
const ROUNDS = 5;

const spec = aSpec({ name: "noop", command: { argv: ["true"] }, columns: [], total: TASKS });

async function round(): Promise<{ microseconds: number; observes: number }> {
  await using lab = await wireLab();
  const agent = lab.agent(await lab.enroll("bench"));
  await agent.session.welcomed;
  const template = anEnd();
  agent.work.onAssign = (assignments) => {
    agent.work.assignments.length = 0;
    agent.work.acks.length = 0;
    const endedAtMs = performance.now();
    for (const { ref, epoch } of assignments) agent.outbox.ended({ ...template, ref, epoch, endedAtMs });
  };
  let claimed = 0;
  let ended = 0;
  let observes = 0;
  const all = Promise.withResolvers<void>();
  const claim = () => {
    while (claimed < TASKS && claimed - ended <= OUT - CLAIM) {
      const tasks: AssignedTask[] = [];
      for (let at = 0; at < CLAIM && claimed < TASKS; at++) {
        tasks.push({ ref: aRef(++claimed), command: { argv: ["true"] }, env: {}, results: null });
      }
      lab.fleet.assign(agent.identity.hostId, 1, new Map([["job1", spec]]), tasks);
    }
  };
  lab.queue.outcome = (report) => {
    lab.queue.reports.length = 0;
    observes += 1;
    ended += report.ended.length;
    if (ended === TASKS) all.resolve();
    else claim();
    return { ack: report.ended.map(({ ref }) => ref), missing: [] };
  };
  const beganMs = performance.now();
  claim();
  await all.promise;
  return { microseconds: (performance.now() - beganMs) * 1000 / TASKS, observes };
}

const rounds = [];
for (let at = 0; at < ROUNDS; at++) rounds.push(await round());
rounds.sort((a, b) => a.microseconds - b.microseconds);
const { microseconds, observes } = rounds[Math.floor(ROUNDS / 2)]!;
const perSecond = Math.round(1e6 / microseconds);
const line = `${TASKS} tasks: ${
  microseconds.toFixed(1)
} µs a task both ends (${perSecond}/s), ${observes} observes\n`;
await Deno.stdout.write(new TextEncoder().encode(line));
