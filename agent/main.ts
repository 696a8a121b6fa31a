import type { EnrollBody, EnrolledBody } from "../core/api/fleet.ts";
import { MusterError } from "../core/errors.ts";
import { systemClock } from "../system/clock.ts";
import { loadConfig } from "../system/config.ts";
import { createKeyAndRequest } from "../system/certificates.ts";
import { makePrivateDirectory } from "../system/files.ts";
import { diskSpace } from "../system/filesystem.ts";
import { createIdleMemory } from "../system/idle_memory.ts";
import { musterHome } from "../system/home.ts";
import { readLock, tryLock } from "../system/lock.ts";
import { createLog } from "../system/log.ts";
import { machineId, machineName } from "../system/machine.ts";
import { currentVersion } from "../system/version.ts";
import { createWork } from "./create_work.ts";
import { hostFacts } from "./facts/host_facts.ts";
import { type Identity, loadIdentity, saveIdentity } from "./identity.ts";
import { currentUser, loginEnvironment } from "./login_environment.ts";
import { Outbox } from "./outbox.ts";
import { Sampler } from "./samples.ts";
import { startSession } from "./session.ts";

export interface AgentOptions {
  /** `noop` ends every attempt at once: for measuring. Default `process`. */
  readonly executor?: "process" | "noop";
  /** Asks the controller for this host's certificate, as its owner. */
  readonly enroll: (request: EnrollBody) => Promise<EnrolledBody>;
  /** Ends the agent; its tasks go on. */
  readonly signal?: AbortSignal;
}

/** Takes work for this machine until `signal`. Resolves with the exit code. Throws `Conflict` if an agent runs here. */
export async function runAgent(options: AgentOptions): Promise<number> {
  const log = createLog("agent");
  const root = musterHome(Deno.env.get);
  const config = await loadConfig(root.config, Deno.env.get);
  const home = root.agent(machineName());
  await makePrivateDirectory(home.root);
  const version = currentVersion().version;
  const attempt = tryLock(home.lock, version, systemClock.now());
  if (attempt.lock === null) throw isRunning(attempt.holder?.pid);
  using _lock = attempt.lock;
  // Some people's profiles take long; the rest need not wait for them.
  const environment = loginEnvironment(currentUser(), log);
  const serving = () => readLock(musterHome(Deno.env.get, config.dataDir).controller.lock)?.serves;
  const known = await loadIdentity(home.identity);
  // A fleet begun anew in the same home knows nothing of the former one's hosts.
  const isStranger = known !== null && (serving()?.fleet ?? known.fleet) !== known.fleet;
  const identity = known === null || isStranger ? await enrolled(home.identity, options) : known;
  await makePrivateDirectory(home.tasks);
  const facts = await hostFacts(home.tasks);
  const outbox = new Outbox();
  const work = await createWork({
    tasks: home.tasks,
    executor: options.executor ?? "process",
    capacity: {
      cpus: facts.cpus,
      memoryBytes: facts.memoryBytes,
      gpus: facts.gpus.map(({ index }) => index),
    },
    environment: await environment,
    log: log.scope("work"),
  });
  const memory = createIdleMemory();
  outbox.onSettled = () => memory.touch();
  work.attach(outbox);
  const sampler = new Sampler(facts.gpus.length > 0);
  const stopping = new AbortController();
  const session = startSession({
    identity,
    // On the controller's own machine the port may be another after each start.
    address: () => serving()?.agentsAt ?? identity.controller,
    identityDirectory: home.identity,
    work,
    outbox,
    clock: systemClock,
    log: log.scope("session"),
    version,
    facts: () => ({ ...facts, disk: diskSpace(home.tasks) }),
    diskFreeBytes: () => diskSpace(home.tasks).freeBytes,
    sample: () => sampler.sample(),
    signal: stopping.signal,
  });
  log.info("running", { host: identity.hostId, controller: identity.controller });
  await aborted(options.signal);
  log.info("stopping; tasks go on");
  await work.close();
  stopping.abort();
  await session.ended;
  memory.close();
  return 0;
}

/** Makes this host's key and has it signed. The key never leaves the host. */
async function enrolled(directory: string, { enroll }: AgentOptions): Promise<Identity> {
  const { keyPem, requestPem } = await createKeyAndRequest();
  const answer = await enroll({ name: Deno.hostname(), csr: requestPem, machine_id: machineId() });
  const identity: Identity = {
    hostId: answer.host_id,
    fleet: answer.fleet,
    controller: answer.controller,
    controllerName: answer.controller_name,
    keyPem,
    certificatePem: answer.certificate,
    caPem: answer.ca,
    epoch: 0,
  };
  await saveIdentity(directory, identity);
  return identity;
}

function isRunning(pid: number | undefined): MusterError {
  return new MusterError(
    "Conflict",
    `Cannot start an agent: one already runs on this machine${pid === undefined ? "" : ` (pid ${pid})`}`,
  );
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) resolve();
  signal?.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}
