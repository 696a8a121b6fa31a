import { join } from "node:path";
import { MusterError } from "../core/errors.ts";
import type { Home } from "../system/home.ts";
import { logTail, type StarterParts } from "./start_controller.ts";

/** An agent that cannot run (no controller, a taken lock) says so and ends well within this. */
const SETTLE_MS = 1_500;

export interface StartedAgent {
  readonly pid: number;
  readonly log: string;
}

/** Starts the agent of this machine. */
export interface AgentStarter {
  /**
   * Starts `agent start` with `flags` in the background. Throws `Unreachable` with the end of its log if it ends at
   * once.
   */
  start(home: Home, flags: readonly string[]): Promise<StartedAgent>;
}

export function createAgentStarter(
  parts: Pick<StarterParts, "spawn" | "self" | "read" | "sizeOf" | "wait">,
): AgentStarter {
  return {
    async start(home, flags) {
      const log = join(home.logs, "agent.log");
      const begin = await parts.sizeOf(log);
      const child = await parts.spawn([...await parts.self(), "agent", "start", ...flags], log);
      const ending = await Promise.race([child.ended, parts.wait(SETTLE_MS)]);
      if (ending === undefined) return { pid: child.pid, log };
      const said = logTail(await parts.read(log, begin));
      throw new MusterError("Unreachable", `Cannot start an agent on this machine: ${ending.words}${said}`, {
        hint: `The whole log is ${log}`,
      });
    },
  };
}
