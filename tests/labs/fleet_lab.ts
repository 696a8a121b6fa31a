import { createWork } from "../../agent/create_work.ts";
import type { Identity } from "../../agent/identity.ts";
import { Outbox } from "../../agent/outbox.ts";
import { startSession } from "../../agent/session.ts";
import type { TaskRunner } from "../../agent/task_runner.ts";
import type { Client } from "../../clients/typescript/client.ts";
import { createClient } from "../../clients/typescript/http_client.ts";
import { type RunningController, startController } from "../../controller/start.ts";
import { createKeyAndRequest } from "../../system/certificates.ts";
import { systemClock } from "../../system/clock.ts";
import { makePrivateDirectory } from "../../system/files.ts";
import { type Home, musterHome } from "../../system/home.ts";
import { silentLog } from "../../system/log.ts";
import { LAB_ENVIRONMENT } from "./agent_lab.ts";
import { waitUntil } from "./wait_until.ts";
import { someFacts } from "../builders/a_host.ts";

interface RunningAgent {
  readonly work: TaskRunner;
  stop(): Promise<void>;
}

/** A whole controller and an agent of 8 CPUs in this process, with real tasks, that can be started again. */
export class FleetLab implements AsyncDisposable {
  readonly #home: Home;
  #client: Client;
  #controller: RunningController | null = null;
  #identity: Identity | null = null;
  #agent: RunningAgent | null = null;

  constructor(root: string) {
    this.#home = musterHome((name) => name === "MUSTER_HOME" ? root : undefined);
    this.#client = createClient({ kind: "socket", path: this.#home.controller.socket });
  }

  /** Of the controller that runs now. */
  get client(): Client {
    return this.#client;
  }

  /** The work of the agent. */
  get work(): TaskRunner {
    return this.#agent!.work;
  }

  /** Directory of the attempts. */
  get tasks(): string {
    return this.#home.agent("lab").tasks;
  }

  async start(): Promise<void> {
    await makePrivateDirectory(this.#home.controller.root);
    await makePrivateDirectory(this.tasks);
    await this.#startController(0, 0);
    const { keyPem, requestPem } = await createKeyAndRequest();
    const answer = await this.client.enroll({ name: "lab", csr: requestPem });
    this.#identity = {
      hostId: answer.host_id,
      fleet: answer.fleet,
      controller: answer.controller,
      controllerName: answer.controller_name,
      keyPem,
      certificatePem: answer.certificate,
      caPem: answer.ca,
      epoch: 0,
    };
    await this.#startAgent();
  }

  /** Stops the controller and starts it on the same ports. */
  async restartController(): Promise<void> {
    const { listen, agentListen, stop } = this.#controller!;
    await stop();
    // A connection that was kept for later calls ended with the controller: the next call would meet it.
    this.#client.close();
    this.#client = createClient({ kind: "socket", path: this.#home.controller.socket });
    await this.#startController(listen.port, agentListen.port);
  }

  /** Ends the agent without its tasks and starts another that finds them. */
  async restartAgent(): Promise<void> {
    await this.#agent!.stop();
    await this.#startAgent();
  }

  async #startController(http: number, agents: number): Promise<void> {
    this.#controller = await startController({
      home: this.#home,
      listen: { hostname: "127.0.0.1", port: http },
      agentListen: { hostname: "127.0.0.1", port: agents },
      version: "0.1.0",
      clock: systemClock,
      log: silentLog,
      startsAtBoot: () => false,
      shutdown: () => {},
    });
  }

  async #startAgent(): Promise<void> {
    const identity = this.#identity!;
    const outbox = new Outbox();
    const stopping = new AbortController();
    const work = await createWork({
      tasks: this.tasks,
      executor: "process",
      capacity: { cpus: 8, memoryBytes: 2 ** 34, gpus: [] },
      environment: LAB_ENVIRONMENT,
      wantedFreeBytes: () => 0,
      usesCgroups: false,
      log: silentLog,
    });
    work.attach(outbox);
    const session = startSession({
      identity,
      identityDirectory: this.#home.agent("lab").identity,
      work,
      outbox,
      clock: systemClock,
      log: silentLog,
      version: "0.1.0",
      facts: () => someFacts({ hostname: "lab", gpus: [] }),
      diskFreeBytes: () => 42e9,
      signal: stopping.signal,
    });
    const stop = async () => {
      await work.close();
      stopping.abort();
      await session.ended;
    };
    this.#agent = { work, stop };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { work } = this;
    work.drop(work.held().map(({ ref }) => ref));
    await waitUntil(() => work.idle, { what: "the tasks to end" });
    await this.#agent?.stop();
    await this.#controller?.stop();
    this.#client.close();
    await Deno.remove(this.#home.root, { recursive: true });
  }
}

export async function startFleetLab(): Promise<FleetLab> {
  const lab = new FleetLab(await Deno.makeTempDir({ prefix: "muster-lab-" }));
  await lab.start();
  return lab;
}
