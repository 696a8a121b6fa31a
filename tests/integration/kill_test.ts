import { setTimeout as delay } from "node:timers/promises";
import { assertWitnessed } from "../labs/assert_witnessed.ts";
import { type ProcessFleet, startProcessFleet } from "../labs/process_fleet.ts";
import { signal } from "../labs/processes.ts";
import { type Random, seededRandom } from "../labs/random.ts";
import { say } from "../labs/say.ts";
import { waitUntil } from "../labs/wait_until.ts";
import { begunCount, witnessJob } from "../labs/witness.ts";

/** Kills of the whole suite; a few are enough while one develops. */
const KILLS = Number(Deno.env.get("MUSTER_TEST_KILLS") ?? 6);
const TASKS = KILLS >= 50 ? 5000 : 400;

/** How long anything may take until the job goes on: agents that die again and again pause before they start. */
const PATIENCE_MS = 60_000;

type Victim = "controller" | "agent" | "lane";
const BOTH: readonly Victim[][] = [["agent"], ["agent"], ["controller"], ["controller"], [
  "controller",
  "agent",
]];
const LANES: readonly Victim[][] = [["lane"], ["lane"], ["lane"], ["lane"], ["agent"], ["agent", "lane"]];

interface Kill {
  readonly victims: readonly Victim[];
  /** Not before so many tasks have begun. */
  readonly afterBegun: number;
  /** Milliseconds after that. */
  readonly waitMs: number;
  /** Milliseconds until a killed controller is started again. */
  readonly restartMs: number;
}

Deno.test(`kill -9 of controller and agent at ${KILLS} random moments loses no task and runs none twice`, async () => {
  await survive("kill_test", { kills: KILLS, tasks: TASKS, victims: BOTH });
});

Deno.test("kill -9 of lanes and agent at random moments runs again what was lost and nothing else", async () => {
  const kills = Math.ceil(KILLS / 3);
  await survive("kill_test (lanes)", { kills, tasks: kills * 50, victims: LANES });
});

interface Plan {
  readonly kills: number;
  readonly tasks: number;
  /** Whom each kill strikes, by chance. */
  readonly victims: readonly (readonly Victim[])[];
}

async function survive(name: string, { kills, tasks, victims }: Plan): Promise<void> {
  const random = seededRandom();
  const title = `${name}: seed ${random.seed}, ${tasks} tasks, ${kills} kills`;
  await using fleet = await startProcessFleet();
  const directory = `${fleet.home.root}/begun`;
  await Deno.mkdir(directory);
  const job = await fleet.client.submit(witnessJob(directory, tasks));
  const begin = performance.now();
  try {
    for (const kill of planKills(random, kills, tasks, victims)) await carryOut(fleet, kill, directory);
    await fleet.ended(job.id, 4 * PATIENCE_MS);
    const losses = victims === LANES;
    const seen = await assertWitnessed(fleet.client, job.id, directory, tasks, { losses });
    say(`${title}, ${Math.round((performance.now() - begin) / 1000)} s: ${JSON.stringify(seen)}`);
  } catch (error) {
    throw new Error(`${title} (MUSTER_TEST_SEED=${random.seed} repeats the plan); ${fleet.logs()}`, {
      cause: error,
    });
  }
}

/** Moments spread over the job; some straight after the one before, while processes still start. */
function planKills(
  random: Random,
  count: number,
  tasks: number,
  victims: readonly (readonly Victim[])[],
): Kill[] {
  const moments = Array.from({ length: count }, () => random.between(1, Math.floor(tasks * 0.95)));
  return moments.toSorted((a, b) => a - b).map((afterBegun) => {
    return {
      victims: victims[random.between(0, victims.length - 1)]!,
      afterBegun: random.chance(0.2) ? 0 : afterBegun,
      waitMs: random.between(0, random.chance(0.3) ? 1000 : 60),
      restartMs: random.between(0, 400),
    };
  });
}

async function carryOut(fleet: ProcessFleet, kill: Kill, directory: string): Promise<void> {
  const { victims, afterBegun, waitMs, restartMs } = kill;
  await waitUntil(() => begunCount(directory) >= afterBegun, {
    timeoutMs: PATIENCE_MS,
    intervalMs: 20,
    what: `${afterBegun} tasks to begin`,
  });
  await delay(waitMs);
  // An agent needs its controller to begin, and a lane its agent: all are there before the first is killed.
  const pids = await waitUntil(() => pidsOf(fleet, victims), {
    timeoutMs: PATIENCE_MS,
    what: "whom to kill",
  });
  for (const pid of pids) signal(pid, "SIGKILL");
  if (!victims.includes("controller")) return;
  await delay(restartMs);
  fleet.startController();
}

function pidsOf(fleet: ProcessFleet, victims: readonly Victim[]): number[] | null {
  const pids = victims.map((victim) =>
    victim === "lane" ? fleet.lanePids[0] : victim === "agent" ? fleet.agentPid : fleet.controllerStarted
  );
  return pids.every((pid) => typeof pid === "number") ? pids : null;
}
