import type { Client } from "../../clients/typescript/client.ts";
import { createClient } from "../../clients/typescript/http_client.ts";
import type { HostBody } from "../../core/api/fleet.ts";
import type { JobDetailBody } from "../../core/api/jobs.ts";
import { type BackgroundProcess, startInBackground } from "../../system/background.ts";
import { type Home, musterHome } from "../../system/home.ts";
import { readLock } from "../../system/lock.ts";
import { machineName } from "../../system/machine.ts";
import { selfCommand } from "../../system/self.ts";
import { allPids, argvOf, isAlive, parentOf, processesOf, signal } from "./processes.ts";
import { waitUntil } from "./wait_until.ts";

/** A start from source on a busy machine takes seconds. */
const START_MS = 60_000;

export interface ProcessFleetOptions {
  /** MUSTER_HOME, kept at the end. Default: a new directory under /var/tmp, which lies on a disk. */
  readonly home?: string;
}

/**
 * A real controller and the agent of its machine as processes, on loopback and free ports. `MUSTER_TEST_FILE` names a
 * built file to run; without it they run from source.
 */
export class ProcessFleet implements AsyncDisposable {
  readonly home: Home;
  readonly client: Client;
  readonly #keepsHome: boolean;
  #controller: BackgroundProcess | null = null;

  constructor(home: string, keepsHome: boolean) {
    this.home = musterHome((name) => name === "MUSTER_HOME" ? home : undefined);
    this.client = createClient({ kind: "socket", path: this.home.controller.socket });
    this.#keepsHome = keepsHome;
  }

  /** Null while none runs. */
  get controllerPid(): number | null {
    return running(this.home.controller.lock, "controller");
  }

  /** The one started last, which may not have its lock yet; null once it is gone. */
  get controllerStarted(): number | null {
    const pid = this.#controller?.pid;
    return pid !== undefined && isAlive(pid) ? pid : null;
  }

  /** Null while none runs. */
  get agentPid(): number | null {
    return running(this.home.agent(machineName()).lock, "agent");
  }

  /** The lanes of the agent that runs. */
  get lanePids(): readonly number[] {
    const agent = this.agentPid;
    return allPids().filter((pid) => parentOf(pid) === agent && argvOf(pid).includes("muster-lane"));
  }

  /** Begins to start a controller and resolves with its pid; the ports of the first start stay. */
  startController(): number {
    const isFirst = !exists(this.home.config);
    const ports = isFirst ? ["--listen=127.0.0.1:0", "--agent-listen=127.0.0.1:0"] : [];
    const program = Deno.env.get("MUSTER_TEST_FILE");
    const self = program === undefined ? selfCommand() : [program];
    const argv = ["env", `MUSTER_HOME=${this.home.root}`, ...self, "controller", "start", "--background"];
    this.#controller = startInBackground([...argv, ...ports], `${this.home.logs}/controller.log`);
    return this.#controller.pid;
  }

  /** Until the controller answers. */
  async answers(): Promise<void> {
    await waitUntil(() => this.client.health(), { timeoutMs: START_MS, what: "the controller" });
  }

  /** Until the controller answers and sees its agent. */
  async ready(): Promise<HostBody> {
    return await this.host(({ state }) => state === "ready", "the agent");
  }

  /** Until the one host of the fleet is as wanted. */
  async host(isWanted: (host: HostBody) => boolean, what: string, timeoutMs = START_MS): Promise<HostBody> {
    const look = async () => (await this.client.hosts()).items.find(isWanted);
    return await waitUntil(look, { timeoutMs, intervalMs: 50, what });
  }

  /** Until the job is as wanted. */
  async job(
    id: string,
    isWanted: (job: JobDetailBody) => boolean,
    what: string,
    timeoutMs = START_MS,
  ): Promise<JobDetailBody> {
    const look = async () => {
      const job = await this.client.job(id);
      return isWanted(job) && job;
    };
    return await waitUntil(look, { timeoutMs, intervalMs: 50, what });
  }

  /** Until the job has ended. */
  async ended(id: string, timeoutMs = START_MS): Promise<JobDetailBody> {
    return await this.job(id, ({ ended_at }) => ended_at !== null, `the end of job ${id}`, timeoutMs);
  }

  /** SIGKILL, without waiting for the end. Answers false if none runs. */
  kill(role: "controller" | "agent"): boolean {
    const pid = role === "controller" ? this.controllerStarted : this.agentPid;
    if (pid === null) return false;
    signal(pid, "SIGKILL");
    return true;
  }

  /** SIGTERM to the controller, until it is gone. Its agent ends with it. */
  async stopController(): Promise<void> {
    const controller = this.#controller;
    if (controller === null) return;
    signal(controller.pid, "SIGTERM");
    await this.#controllerGone();
  }

  /** The end of what controllers and agents logged. */
  logs(): string {
    const tail = (name: string) => readOr(`${this.home.logs}/${name}.log`).split("\n").slice(-25).join("\n");
    return `controller.log:\n${tail("controller")}\nagent.log:\n${tail("agent")}`;
  }

  /** Its `ended` does not keep the test's event loop alive; looking does. */
  async #controllerGone(): Promise<void> {
    const pid = this.#controller?.pid;
    if (pid !== undefined) await waitUntil(() => !isAlive(pid), { what: "the controller's end" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    this.kill("controller");
    await this.#controllerGone();
    await endAll(this.home.root);
    if (!this.#keepsHome) await Deno.remove(this.home.root, { recursive: true });
  }
}

/** Starts a fleet; resolves when the controller answers and sees its agent. */
export async function startProcessFleet(options: ProcessFleetOptions = {}): Promise<ProcessFleet> {
  const home = options.home ?? await Deno.makeTempDir({ dir: "/var/tmp", prefix: "muster-fleet-" });
  const fleet = new ProcessFleet(home, options.home !== undefined);
  try {
    fleet.startController();
    await fleet.answers();
    await fleet.ready();
    return fleet;
  } catch (error) {
    const logs = fleet.logs();
    await fleet[Symbol.asyncDispose]();
    throw new Error(`The fleet did not start; ${logs}`, { cause: error });
  }
}

/** Ends every process that has to do with the directory. */
export async function endAll(directory: string): Promise<void> {
  const look = () => {
    const found = processesOf(directory);
    for (const pid of found) signal(pid, "SIGKILL");
    return found.length === 0;
  };
  await waitUntil(look, { what: `the end of all processes of ${directory}` });
}

/** Who holds the lock by its words, unless that process is gone or another by now. */
function running(lock: string, role: string): number | null {
  const pid = readLock(lock)?.pid ?? null;
  return pid !== null && isAlive(pid) && argvOf(pid).includes(role) ? pid : null;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function readOr(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
