// What happens while one task prints as fast as it can for 20 s? Bytes kept, API latency, memory.
import { processUse, startBenchFleet } from "./bench_fleet.ts";
import { quantile, report } from "./figures.ts";

const SECONDS = Number(Deno.args[0] ?? 20);

await using fleet = await startBenchFleet();
const pids = fleet.pids();
const before = [processUse(pids.controller), processUse(pids.agent)] as const;
const job = await fleet.client.submit({
  name: "flood",
  command: { argv: ["timeout", String(SECONDS), "yes"] },
});
const times: number[] = [];
let most = [0, 0];
for await (const seen of probe()) {
  times.push(seen);
  most = [processUse(pids.controller), processUse(pids.agent)].map((use, at) =>
    Math.max(most[at]!, use.residentBytes)
  );
}
const task = await fleet.client.task(job.id, 1);
const size = task.attempt_list[0]!.output!.size;
report(
  "kept of the output",
  `${(size / 1e6 / SECONDS).toFixed(0)} MB/s (${(size / 1e9).toFixed(2)} GB)`,
  ">= 50 MB/s",
);
report(
  "API meanwhile, storing included",
  `p99 ${quantile(times, 0.99).toFixed(1)} ms of ${times.length}`,
  "< 30 ms",
);
report("controller grew by", `${((most[0]! - before[0].residentBytes) / 1e6).toFixed(0)} MB`);
report("agent grew by", `${((most[1]! - before[1].residentBytes) / 1e6).toFixed(0)} MB`);

/** Latency of one call every 20 ms until the job has ended. */
async function* probe(): AsyncIterable<number> {
  for (;;) {
    const begin = performance.now();
    const { state } = await fleet.client.job(job.id);
    yield performance.now() - begin;
    if (state !== "pending" && state !== "running") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
