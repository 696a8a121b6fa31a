import { join } from "node:path";
import type { Config, ListenAddress } from "../core/config.ts";
import { formatListen, parseListen } from "../core/config.ts";
import { messageOf, MusterError } from "../core/errors.ts";
import { systemClock } from "../system/clock.ts";
import { loadConfig, saveConfig } from "../system/config.ts";
import { networkFileSystem } from "../system/filesystem.ts";
import { type Home, musterHome } from "../system/home.ts";
import { type Lock, type LockHolder, tryLock } from "../system/lock.ts";
import { createLog, type Log } from "../system/log.ts";
import { machineName } from "../system/machine.ts";
import { untilAborted } from "../system/pause.ts";
import { selfCommand } from "../system/self.ts";
import { serviceIsInstalled } from "../system/service.ts";
import { currentVersion } from "../system/version.ts";
import { keepLocalAgent } from "./local_agent.ts";
import { type RunningController, startController, type StartOptions } from "./start.ts";

/** Ports of a first start, unless they are taken. */
const HTTP_PORT = 7770;
const AGENTS_PORT = 7771;

/** Bytes that the kernels keep for the path of a unix socket: 108 on Linux, 104 on macOS, with a zero at the end. */
const LONGEST_SOCKET_PATH = 103;

/** Flags of `muster controller start`. */
export interface ControllerOptions {
  readonly listen?: string;
  readonly agentListen?: string;
  readonly dataDir?: string;
  readonly detached: boolean;
  readonly signal?: AbortSignal;
}

/** Runs the controller until it is stopped, over HTTP or by `signal`. Resolves with the exit code. */
export async function runController(options: ControllerOptions): Promise<number> {
  const log = createLog("controller");
  const config = await settings(options);
  const home = musterHome(Deno.env.get, config.dataDir);
  using lock = openHome(home);
  const stopping = new AbortController();
  options.signal?.addEventListener("abort", () => stopping.abort(), { once: true });
  const controller = await listenSomewhere(home, config, log, () => stopping.abort());
  const agentsAt = formatListen(controller.agentListen);
  lock.describe({ fleet: controller.fleet, agentsAt });
  log.info("serving", { url: controller.url, agents: agentsAt, home: home.root });
  const agent = keepLocalAgent({
    command: [...selfCommand(), "agent", "start"],
    lockPath: home.agent(machineName()).lock,
    logPath: join(home.logs, "agent.log"),
    log: log.scope("agent"),
  });
  await untilAborted(stopping.signal);
  log.info("stopping");
  await agent.stop();
  await controller.stop();
  log.info("stopped");
  return 0;
}

/** Flag, environment, config.yaml; defaults are left out. */
async function settings(options: ControllerOptions): Promise<Config> {
  const { config: path } = musterHome(Deno.env.get);
  return {
    ...await loadConfig(path, Deno.env.get),
    ...options.listen === undefined ? {} : { listen: options.listen },
    ...options.agentListen === undefined ? {} : { agentListen: options.agentListen },
    ...options.dataDir === undefined ? {} : { dataDir: options.dataDir },
  };
}

/** Makes the directories and takes the lock. Throws `InvalidInput` for a home that cannot be used, `Conflict`. */
function openHome(home: Home): Lock {
  const kind = networkFileSystem(home.controller.root);
  if (kind !== null) throw onNetwork(home, kind);
  if (new TextEncoder().encode(home.controller.socket).length > LONGEST_SOCKET_PATH) throw isTooLong(home);
  try {
    Deno.mkdirSync(home.root, { recursive: true, mode: 0o700 });
    Deno.mkdirSync(home.controller.root, { recursive: true, mode: 0o700 });
    const attempt = tryLock(home.controller.lock, currentVersion().version, systemClock.now());
    if (attempt.lock !== null) return attempt.lock;
    throw isHeld(home, attempt.holder);
  } catch (cause) {
    if (cause instanceof MusterError) throw cause;
    throw new MusterError("InvalidInput", `Cannot use MUSTER_HOME "${home.root}": ${messageOf(cause)}`, {
      hint: "Set MUSTER_HOME to a directory that you can write",
      cause,
    });
  }
}

/** A port that is taken at the first start is replaced by a free one, which is kept in config.yaml. */
async function listenSomewhere(
  home: Home,
  config: Config,
  log: Log,
  shutdown: () => void,
): Promise<RunningController> {
  const options: StartOptions = {
    home,
    listen: address(config.listen, "listen", HTTP_PORT),
    agentListen: address(config.agentListen, "agent_listen", AGENTS_PORT),
    version: currentVersion().version,
    clock: systemClock,
    log,
    startsAtBoot: () => serviceIsInstalled(),
    shutdown,
  };
  const listen = config.listen === undefined ? freeOr(options.listen) : options.listen;
  const agentListen = config.agentListen === undefined ? freeOr(options.agentListen) : options.agentListen;
  const controller = await startController({ ...options, listen, agentListen });
  const moved = {
    ...listen.port === 0 ? { listen: formatListen(controller.listen) } : {},
    ...agentListen.port === 0 ? { agent_listen: formatListen(controller.agentListen) } : {},
  };
  if (Object.keys(moved).length > 0) await saveConfig(home.config, moved);
  return controller;
}

function address(text: string | undefined, what: string, port: number): ListenAddress {
  return text === undefined ? { hostname: "127.0.0.1", port } : parseListen(text, what);
}

/** The address, or any free port on it if its own is taken. */
function freeOr(wanted: ListenAddress): ListenAddress {
  try {
    Deno.listen(wanted).close();
    return wanted;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return { ...wanted, port: 0 };
    throw error;
  }
}

function onNetwork(home: Home, kind: string): MusterError {
  return new MusterError(
    "InvalidInput",
    `Cannot keep the controller's data in "${home.controller.root}": it is on a network file system (${kind}), which is not safe for a database`,
    { hint: `Set data_dir in "${home.config}" (or MUSTER_DATA_DIR) to a directory on a local disk` },
  );
}

function isTooLong(home: Home): MusterError {
  return new MusterError(
    "InvalidInput",
    `Cannot listen at "${home.controller.socket}": a socket's path has at most ${LONGEST_SOCKET_PATH} bytes`,
    { hint: "Set MUSTER_HOME to a shorter path" },
  );
}

function isHeld(home: Home, holder: LockHolder | null): MusterError {
  const who = holder === null
    ? "another controller"
    : `a controller on "${holder.hostname}" (pid ${holder.pid})`;
  return new MusterError("Conflict", `Cannot use MUSTER_HOME "${home.root}": ${who} holds it`, {
    hint:
      `muster controller stop ends it; if that machine is gone for good, remove "${home.controller.lock}"`,
  });
}
