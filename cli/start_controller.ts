import { join } from "node:path";
import { messageOf, MusterError } from "../core/errors.ts";
import type { Home } from "../system/home.ts";
import type { BackgroundProcess, Ending } from "../system/background.ts";
import { EXIT_CODES } from "./exit_codes.ts";

/** How long a controller may take until it answers. A first start makes keys and a database: about a second. */
const START_LIMIT_MS = 15_000;
/** A connection to a socket costs well under a millisecond. */
const LOOK_EVERY_MS = 15;
/** Lines of a log that are worth showing. */
const LOG_LINES = 8;

export interface StartedController {
  readonly pid: number;
  /** False: another start was faster, and its controller answers. */
  readonly isOurs: boolean;
}

/** Finds and starts the controller of this machine. */
export interface ControllerStarter {
  /** True if something accepts connections at the socket. */
  answers(home: Home): Promise<boolean>;
  /** The name of the machine on which MUSTER_HOME's controller lives, if that is another one. */
  elsewhere(home: Home): Promise<string | null>;
  /**
   * Starts `controller start` with `flags` in the background and waits until it answers. When two start at once the
   * lock leaves one, and both calls resolve. Throws `Unreachable` with the end of its log, or `Interrupted`.
   */
  start(home: Home, flags: readonly string[], signal?: AbortSignal): Promise<StartedController>;
  /** Waits until nothing answers any more and the lock is free; false if that takes longer than `limitMs`. */
  ends(home: Home, limitMs: number): Promise<boolean>;
}

/** What starting needs of the system. */
export interface StarterParts {
  readonly connects: (socket: string) => Promise<boolean>;
  /** Whether a process on this machine holds the lock. */
  readonly locked: (lock: string) => Promise<boolean>;
  /** The process id that the lock file names; null for a free lock. */
  readonly holder: (lock: string) => Promise<number | null>;
  readonly lockedElsewhere: (lock: string) => Promise<string | null>;
  readonly spawn: (argv: readonly string[], log: string) => Promise<BackgroundProcess>;
  readonly self: () => Promise<readonly string[]>;
  /** The text that `path` gained after `from` bytes; "" if there is none. */
  readonly read: (path: string, from: number) => Promise<string>;
  readonly sizeOf: (path: string) => Promise<number>;
  readonly wait: (ms: number) => Promise<void>;
  readonly monotonicMs: () => number;
}

/** The words that start a controller nobody watches. */
export const BACKGROUND_START = ["controller", "start", "--background"] as const;

/** The log of a controller that was started in the background. */
export function controllerLog(home: Home): string {
  return join(home.logs, "controller.log");
}

export function createControllerStarter(parts: StarterParts): ControllerStarter {
  const answers = (home: Home) => parts.connects(home.controller.socket);
  return {
    answers,
    async ends(home, limitMs) {
      const until = parts.monotonicMs() + limitMs;
      while (parts.monotonicMs() < until) {
        // The next start would find the lock of one that no longer answers but still ends.
        if (!await answers(home) && !await parts.locked(home.controller.lock)) return true;
        await parts.wait(LOOK_EVERY_MS);
      }
      return false;
    },
    elsewhere: (home) => parts.lockedElsewhere(home.controller.lock),
    async start(home, flags, signal) {
      const log = controllerLog(home);
      const begin = await parts.sizeOf(log);
      const child = await parts.spawn([...await parts.self(), ...BACKGROUND_START, ...flags], log)
        .catch((cause) => Promise.reject(unusable(home, cause)));
      let ending: Ending | undefined;
      child.ended.then((how) => ending = how);
      const failed = async (why: string) => failure(why, log, await parts.read(log, begin));
      const until = parts.monotonicMs() + START_LIMIT_MS;
      while (parts.monotonicMs() < until) {
        // Read before the look: another's may answer after ours has ended.
        const ended = ending;
        if (await answers(home)) {
          const holder = await parts.holder(home.controller.lock);
          return { pid: holder ?? child.pid, isOurs: holder === child.pid };
        }
        if (ended?.code === EXIT_CODES.InvalidInput) throw refusal(await parts.read(log, begin));
        if (ended !== undefined && !lostTheLock(ended)) throw await failed(ended.words);
        if (signal?.aborted) {
          throw new MusterError("Interrupted", "Cannot wait for the controller: interrupted");
        }
        await parts.wait(LOOK_EVERY_MS);
      }
      throw await failed(`it did not answer within ${START_LIMIT_MS / 1000} s`);
    },
  };
}

/** What a controller that refused its settings said last, as if we said it. */
function refusal(text: string): MusterError {
  const said = text.split("\n").findLast((line) => line.startsWith("muster: "));
  const hint = text.split("\n").findLast((line) => line.startsWith("hint: "));
  return new MusterError(
    "InvalidInput",
    said?.slice("muster: ".length) ?? "Cannot start a controller on this machine: it refused its settings",
    hint === undefined ? {} : { hint: hint.slice("hint: ".length) },
  );
}

/** Another start holds the lock and will answer soon. */
function lostTheLock(ending: Ending): boolean {
  return ending.code === EXIT_CODES.Conflict;
}

/** Nothing could be written below it. */
function unusable(home: Home, cause: unknown): MusterError {
  return new MusterError("InvalidInput", `Cannot use MUSTER_HOME "${home.root}": ${messageOf(cause)}`, {
    hint: "Set MUSTER_HOME to a directory that you can write",
    cause,
  });
}

function failure(why: string, log: string, text: string): MusterError {
  return new MusterError("Unreachable", `Cannot start a controller on this machine: ${why}${logTail(text)}`, {
    hint: `The whole log is ${log}`,
  });
}

/** The last lines of a log, each on a line of its own, indented. */
export function logTail(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "").slice(-LOG_LINES);
  return lines.map((line) => `\n  ${line}`).join("");
}
