// What does a task cost? 5,000 x `true`: durable record, output captured, one host with everything on it.
// Rivals in the same run: GNU parallel and xargs with as many slots; neither keeps a durable record.
import { startBenchFleet, timeCommand } from "./bench_fleet.ts";
import { median, report, spread } from "./figures.ts";

const TASKS = 5000;
const ROUNDS = Number(Deno.args[0] ?? 5);
const SLOTS = String(navigator.hardwareConcurrency);

await using fleet = await startBenchFleet();
await fleet.muster("sub", "--quiet", "--seq", "500", "--", "true");
const ours: number[] = [], parallel: number[] = [], xargs: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  ours.push(await fleet.muster("sub", "--quiet", "--seq", String(TASKS), "--", "true") / TASKS);
  parallel.push(await timeCommand("sh", ["-c", `seq ${TASKS} | parallel -j${SLOTS} true`]) / TASKS);
  xargs.push(await timeCommand("sh", ["-c", `seq ${TASKS} | xargs -P${SLOTS} -n1 true`]) / TASKS);
}
report("muster, a task", spread(ours, "ms"), "<= 1.1 ms, aim 0.9");
report("GNU parallel, a task", spread(parallel, "ms"));
report("xargs, a task (no record at all)", spread(xargs, "ms"));
report("muster's rate over GNU parallel's", (median(parallel) / median(ours)).toFixed(2), ">= 3, aim 4");
