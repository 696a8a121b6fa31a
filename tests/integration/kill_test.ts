import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { assertWitnessed } from "../labs/assert_witnessed.ts";
import { type ProcessFleet, startProcessFleet } from "../labs/process_fleet.ts";
import { type Random, seededRandom } from "../labs/random.ts";
import { say } from "../labs/say.ts";
import { waitUntil } from "../labs/wait_until.ts";
import { begunCount, witnessJob } from "../labs/witness.ts";

/** Kills of the whole suite; a few are enough while one develops. */
const KILLS = Number(Deno.env.get("MUSTER_TEST_KILLS") ?? 6);
const TASKS = KILLS >= 50 ? 5000 : 400;

/** How long anything may take until the job goes on: agents that die again and again pause before they start. */
const PATIENCE_MS = 60_000;

interface Kill {
  readonly victims: readonly ("controller" | "agent")[];
  /** Not before so many tasks have begun. */
  readonly afterBegun: number;
  /** Milliseconds after that. */
  readonly waitMs: number;
  /** Milliseconds until a killed controller is started again. */
  readonly restartMs: number;
}

Deno.test(`kill -9 of controller and agent at ${KILLS} random moments loses no task and runs none twice`, async () => {
  const random = seededRandom();
  const kills = planKills(random, KILLS, TASKS);
  const title = `kill_test: seed ${random.seed}, ${TASKS} tasks, ${KILLS} kills`;
  await using fleet = await startProcessFleet();
  const directory = await begunDirectory(fleet);
  const job = await fleet.client.submit(witnessJob(directory, TASKS));
  const begin = performance.now();
  try {
    for (const kill of kills) await carryOut(fleet, kill, directory);
    await fleet.ended(job.id, 4 * PATIENCE_MS);
    const { begins, givenBack } = await assertWitnessed(fleet.client, job.id, directory, TASKS);
    const seconds = Math.round((performance.now() - begin) / 1000);
    say(`${title}: ${begins} runs, ${givenBack} attempts given back before they began, ${seconds} s`);
  } catch (error) {
    throw new Error(`${title} (MUSTER_TEST_SEED=${random.seed} repeats the plan); ${fleet.logs()}`, {
      cause: error,
    });
  }
});

/** Moments spread over the job; some straight after the one before, while processes still start. */
function planKills(random: Random, count: number, tasks: number): Kill[] {
  const moments = Array.from({ length: count }, () => random.between(1, Math.floor(tasks * 0.95)));
  return moments.toSorted((a, b) => a - b).map((afterBegun) => {
    const who = random.between(1, 10);
    return {
      victims: who <= 5 ? ["agent"] : who <= 9 ? ["controller"] : ["controller", "agent"],
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
  // An agent needs its controller to begin, so both are there before one of two is killed.
  const lives = () => !victims.includes("agent") || fleet.agentPid !== null;
  await waitUntil(lives, { timeoutMs: PATIENCE_MS, what: "an agent to kill" });
  for (const victim of victims) assert.ok(fleet.kill(victim), `the ${victim} died by itself`);
  if (!victims.includes("controller")) return;
  await delay(restartMs);
  fleet.startController();
}

async function begunDirectory(fleet: ProcessFleet): Promise<string> {
  const directory = `${fleet.home.root}/begun`;
  await Deno.mkdir(directory);
  return directory;
}
