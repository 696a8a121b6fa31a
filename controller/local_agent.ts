import { isLocked, readLock } from "../system/lock.ts";
import { startInBackground } from "../system/background.ts";
import type { Log } from "../system/log.ts";
import { pause, untilAborted } from "../system/pause.ts";

/** Longest pause before an agent that keeps failing is started again, in milliseconds. */
const LONGEST_PAUSE_MS = 30_000;

/** An agent that ran this long, in milliseconds, was well: its next start comes at once. */
const WELL_AFTER_MS = 10_000;
/** The same for one that was killed from outside: it had its session by then, and did not fail by itself. */
const KILLED_WELL_AFTER_MS = 1000;

export interface LocalAgentParts {
  /** Starts this program's agent in the foreground. */
  readonly command: readonly string[];
  readonly lockPath: string;
  readonly logPath: string;
  readonly log: Log;
}

/** The agent of the controller's own machine. */
export interface LocalAgent {
  /** Ends the agent, not its tasks, and starts it no more. */
  stop(): Promise<void>;
}

/**
 * Keeps one agent running on this machine: takes the one that is there (a controller that was killed leaves its
 * agent and the tasks alone), else starts one, and starts it again when it ends.
 */
export function keepLocalAgent(parts: LocalAgentParts): LocalAgent {
  const stopping = new AbortController();
  const loop = run(parts, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      endHolder(parts);
      await loop;
    },
  };
}

async function run(parts: LocalAgentParts, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const begin = performance.now();
    const wasKilled = isLocked(parts.lockPath)
      ? await untilUnlocked(parts.lockPath, signal)
      : await untilEnded(parts, signal);
    if (signal.aborted) return;
    const wellAfterMs = wasKilled ? KILLED_WELL_AFTER_MS : WELL_AFTER_MS;
    failures = performance.now() - begin > wellAfterMs ? 0 : failures + 1;
    const pauseMs = failures === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, 100 * 2 ** failures);
    parts.log.warn("the agent of this machine ended", { startsAgainInMs: pauseMs });
    await pause(pauseMs, signal);
  }
}

/** Answers whether it was killed from outside. */
async function untilEnded(parts: LocalAgentParts, signal: AbortSignal): Promise<boolean> {
  const child = startInBackground(parts.command, parts.logPath);
  parts.log.info("started the agent of this machine", { pid: child.pid });
  const ending = await Promise.race([child.ended, untilAborted(signal)]);
  return ending?.wasKilled ?? false;
}

/** An agent that we did not start gives no notice of its end; a look a second is what is left. */
async function untilUnlocked(lockPath: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted && isLocked(lockPath)) await pause(1000, signal);
  return false;
}

function endHolder(parts: LocalAgentParts): void {
  const holder = isLocked(parts.lockPath) ? readLock(parts.lockPath) : null;
  if (holder === null) return;
  try {
    Deno.kill(holder.pid, "SIGTERM");
  } catch {
    // It ended in between.
  }
}
