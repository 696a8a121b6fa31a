// What does it cost to leave it running? Resident memory and CPU of both processes, with nothing to do: after the very
// first start, which makes keys and certificates, and after another.
import { processUse, startBenchFleet } from "./bench_fleet.ts";
import { report } from "./figures.ts";

const SECONDS = Number(Deno.args[0] ?? 30);

await using fleet = await startBenchFleet();
for (const start of ["first start", "started again"]) {
  if (start === "started again") await fleet.muster("controller", "stop");
  await fleet.muster("sub", "--quiet", "--seq", "200", "--", "true");
  const pids = fleet.pids();
  await rest(15);
  const before = [processUse(pids.controller), processUse(pids.agent)] as const;
  await rest(SECONDS);
  for (
    const [at, name, pid, target] of [[0, "controller", pids.controller, 110], [
      1,
      "agent",
      pids.agent,
      90,
    ]] as const
  ) {
    const after = processUse(pid);
    const share = (after.cpuSeconds - before[at].cpuSeconds) / SECONDS * 100;
    report(
      `idle ${name} (${start}), resident`,
      `${(after.residentBytes / 1e6).toFixed(0)} MB`,
      `<= ${target} MB`,
    );
    report(`idle ${name} (${start}), CPU`, `${share.toFixed(2)} % of a core`, "< 0.3 %");
  }
}

/** Idleness is what is measured here, so it has to pass. */
function rest(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
