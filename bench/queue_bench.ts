// How much of the controller's time does one task cost, without network and agent? A fleet that ends each task at
// once, the real queue, a database in a file with its fsyncs. Run: deno run -A bench/queue_bench.ts [tasks] [hosts]
import { join } from "node:path";
import { setImmediate } from "node:timers";
import { createEventFeed } from "../controller/jobs/event_feed.ts";
import { createQueue, type RunningQueue } from "../controller/jobs/job_queue.ts";
import type { EndedAttempt } from "../controller/jobs/queue.ts";
import { EMPTY_SHA256 } from "../core/blob_name.ts";
import { openStore } from "../controller/store/sqlite_store.ts";
import { listTasks } from "../controller/store/tasks.ts";
import { jobById } from "../controller/store/jobs.ts";
import { systemClock } from "../system/clock.ts";
import { silentLog } from "../system/log.ts";
import { aHost } from "../tests/builders/a_host.ts";
import { aSpec } from "../tests/builders/a_job.ts";
import { type Assigned, FakeFleet } from "../tests/fakes/fake_fleet.ts";

const total = Number(Deno.args[0] ?? 100_000);
const hosts = Number(Deno.args[1] ?? 2);
/** Ends in one report; an agent's session batches about as many. */
const BATCH = 250;

const directory = await Deno.makeTempDir();
const store = openStore(join(directory, "muster.db"), { log: silentLog, clock: systemClock });
const fleet = new FakeFleet(Array.from({ length: hosts }, (_, at) => aHost({ id: `host-${at}` })));
const queue = createQueue({
  store,
  fleet,
  clock: systemClock,
  log: silentLog,
  feed: createEventFeed(),
  random: (count) => crypto.getRandomValues(new Uint8Array(count)),
  blobsMissing: () => [],
});
fleet.onAssign = (assigned) => {
  fleet.assigned.length = 0;
  setImmediate(() => endAll(queue, assigned));
};

const begin = performance.now();
const job = await queue.submit(aSpec({ total, columns: [], command: { argv: ["true"] } }), null, null);
const submitted = performance.now();
const ended = new Promise<void>((resolve) => {
  queue.onJobChange(job.id, ({ complete }) => complete === total && resolve());
});
let longestMs = 0;
const beats = beat();
await queue.start();
await ended;
const done = performance.now();
clearInterval(beats);

const line = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
line(`submit ${total} tasks: ${(submitted - begin).toFixed(0)} ms`);
line(
  `run: ${(done - submitted).toFixed(0)} ms, ${((done - submitted) * 1000 / total).toFixed(1)} us a task, ` +
    `${(total / (done - submitted) * 1000).toFixed(0)} tasks/s`,
);
line(`longest stall: ${longestMs.toFixed(0)} ms`);
const stored = store.read((db) => jobById(db, job.id))!;
const pages = Array.from({ length: 200 }, (_, at) => {
  const from = performance.now();
  store.read((db) => listTasks(db, stored, { after: Math.floor(at * total / 200) }));
  return performance.now() - from;
}).sort((a, b) => a - b);
line(`page of 100 tasks: p50 ${pages[100]!.toFixed(2)} ms, p99 ${pages[198]!.toFixed(2)} ms`);
queue.close();
await store.close();
await Deno.remove(directory, { recursive: true });

function endAll(to: RunningQueue, { hostId, epoch, tasks }: Assigned): void {
  for (let at = 0; at < tasks.length; at += BATCH) {
    const now = Date.now();
    const some = tasks.slice(at, at + BATCH);
    to.observe(hostId, {
      started: some.map(({ ref }) => ({ ref, startedAt: now })),
      ended: some.map(({ ref }): EndedAttempt => ({
        ref,
        epoch,
        cause: "exit",
        exitCode: 0,
        startedAt: now,
        endedAt: now,
        reason: null,
        result: {
          output: { size: 0, sha256: EMPTY_SHA256 },
          files: [],
          usage: { userCpuSeconds: null, systemCpuSeconds: null, maxMemoryBytes: null, source: null },
        },
      })),
      notStarted: [],
      lost: [],
      blobs: [],
    });
  }
}

function beat(): ReturnType<typeof setInterval> {
  let last = performance.now();
  return setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 1);
}
