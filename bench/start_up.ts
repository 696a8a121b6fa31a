// How long does a person wait for the program itself?
import { BINARY, startBenchFleet, timeCommand } from "./bench_fleet.ts";
import { report, spread } from "./figures.ts";

const ROUNDS = Number(Deno.args[0] ?? 30);
const EMPTY = await Deno.makeTempFile({ suffix: ".js" });

await using fleet = await startBenchFleet();
Deno.env.set("MUSTER_HOME", fleet.home);
const deno: number[] = [], version: number[] = [], status: number[] = [];
for (let round = -3; round < ROUNDS; round++) {
  const times = [
    await timeCommand(Deno.execPath(), ["run", "--no-config", EMPTY]),
    await timeCommand(BINARY, ["--version"]),
    await timeCommand(BINARY, ["status"]),
  ] as const;
  if (round < 0) continue;
  deno.push(times[0]), version.push(times[1]), status.push(times[2]);
}
await Deno.remove(EMPTY);
report("deno alone", spread(deno, "ms", 0));
report("muster --version", spread(version, "ms", 0), "<= 60 ms");
report("muster status", spread(status, "ms", 0), "<= 130 ms");
