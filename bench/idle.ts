// What does it cost to leave it running? Resident memory and CPU of both processes, with nothing to do.
import { processUse, startBenchFleet } from "./bench_fleet.ts";
import { report } from "./figures.ts";

const SECONDS = Number(Deno.args[0] ?? 60);

await using fleet = await startBenchFleet();
await fleet.muster("sub", "--quiet", "--seq", "200", "--", "true");
const pids = fleet.pids();
await rest(10);
for (
  const [name, pid, target] of [["controller", pids.controller, 110], ["agent", pids.agent, 90]] as const
) {
  const before = processUse(pid);
  await rest(SECONDS / 2);
  const after = processUse(pid);
  const share = (after.cpuSeconds - before.cpuSeconds) / (SECONDS / 2) * 100;
  report(`idle ${name}, resident`, `${(after.residentBytes / 1e6).toFixed(0)} MB`, `<= ${target} MB`);
  report(`idle ${name}, CPU`, `${share.toFixed(2)} % of a core`, "< 0.3 %");
}

/** Idleness is what is measured here, so it has to pass. */
function rest(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
