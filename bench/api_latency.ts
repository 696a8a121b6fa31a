// How fast does the API answer? A job of one task accepted after fsync; a page of 100 with 100,000 tasks stored;
// the first byte of a task's output after its submission.
import { startBenchFleet } from "./bench_fleet.ts";
import { quantile, report } from "./figures.ts";

const ROUNDS = Number(Deno.args[0] ?? 300);
const show = (values: number[]) =>
  `p50 ${quantile(values, 0.5).toFixed(2)} ms, p99 ${quantile(values, 0.99).toFixed(2)} ms`;

await using fleet = await startBenchFleet();
const { client } = fleet;

async function timed(rounds: number, call: (round: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let round = -20; round < rounds; round++) {
    const begin = performance.now();
    await call(round);
    if (round >= 0) times.push(performance.now() - begin);
  }
  return times;
}

async function drained(): Promise<void> {
  for await (const _ of client.watchJob("last"));
}

const accepted = await timed(ROUNDS, () => client.submit({ command: { argv: ["true"] } }));
report("accept a job of one task", show(accepted), "p50 3 ms, p99 12 ms");
await drained();

const firstByte = await timed(ROUNDS, async () => {
  const job = await client.submit({ command: { argv: ["echo", "hello"] } });
  const reader = (await client.log(job.id, 1, { follow: true })).getReader();
  if ((await reader.read()).done) throw new Error("No output");
  await reader.cancel();
});
report("submit to first byte of output", show(firstByte), "p50 20 ms, p99 60 ms");

await fleet.muster("sub", "--quiet", "--no-wait", "-n", "before", "--", "sleep", "600");
await fleet.muster(
  "sub",
  "--quiet",
  "--no-wait",
  "-n",
  "many",
  "--after",
  "before",
  "--seq",
  "100000",
  "--",
  "true",
);
const pages = await timed(
  ROUNDS,
  (round) => client.tasks("many", { limit: 100, cursor: String((round + 21) * 300) }),
);
report("list 100 of 100,000 tasks", show(pages), "p99 15 ms");
const jobs = await timed(ROUNDS, () => client.jobs({ limit: 100 }));
report("list 100 jobs", show(jobs), "p99 15 ms");
await fleet.muster("kill", "many");
await fleet.muster("kill", "before");
