// What does a task cost without its process? 100,000 tasks, durable, on an executor that does nothing.
import { startBenchFleet } from "./bench_fleet.ts";
import { median, report, spread } from "./figures.ts";

const TASKS = 100_000;
const ROUNDS = Number(Deno.args[0] ?? 5);

await using fleet = await startBenchFleet({ MUSTER_EXECUTOR: "noop" });
const rates: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  rates.push(TASKS / (await fleet.muster("sub", "--quiet", "--seq", String(TASKS), "--", "true") / 1000));
}
report("no-op tasks, durable", spread(rates, "tasks/s", 0), ">= 10,000 tasks/s");
report("a no-op task", (1e6 / median(rates)).toFixed(1) + " µs");
