import assert from "node:assert/strict";
import { keepLocalAgent } from "../../../controller/local_agent.ts";
import type { Log } from "../../../system/log.ts";
import { silentLog } from "../../../system/log.ts";
import { waitUntil } from "../../labs/wait_until.ts";

/** The pauses before the first three new starts of an agent that is this script. */
async function pausesOf(script: string): Promise<unknown[]> {
  const directory = await Deno.makeTempDir();
  const pauses: unknown[] = [];
  const log: Log = { ...silentLog, warn: (_, fields) => void pauses.push(fields?.["startsAgainInMs"]) };
  const agent = keepLocalAgent({
    command: ["/bin/sh", "-c", script],
    lockPath: `${directory}/lock`,
    logPath: `${directory}/log`,
    log,
  });
  await waitUntil(() => pauses.length >= 3, { what: "three ends" });
  await agent.stop();
  await Deno.remove(directory, { recursive: true });
  return pauses.slice(0, 3);
}

Deno.test("keepLocalAgent() waits longer each time for an agent that fails, or is killed as it starts", async () => {
  assert.deepEqual(await pausesOf("exit 1"), [200, 400, 800]);
  assert.deepEqual(await pausesOf("kill -9 $$"), [200, 400, 800]);
  assert.deepEqual(await pausesOf("sleep 1.1; exit 1"), [200, 400, 800]);
});

Deno.test("keepLocalAgent() starts an agent that was well until it was killed again at once", async () => {
  assert.deepEqual(await pausesOf("sleep 1.1; kill -9 $$"), [0, 0, 0]);
});
