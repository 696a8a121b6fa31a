import { randomBytes } from "node:crypto";
import { formatListen, isLoopback, type ListenAddress } from "../core/config.ts";
import { randomId } from "../core/ids.ts";
import { messageOf, MusterError } from "../core/errors.ts";
import type { Clock } from "../system/clock.ts";
import { LOCAL_CONTEXT, readClientFile, writeClientFile } from "../system/client_file.ts";
import { diskSpace } from "../system/filesystem.ts";
import { createIdleMemory } from "../system/idle_memory.ts";
import type { Home } from "../system/home.ts";
import type { Log } from "../system/log.ts";
import { createApp } from "./api/app.ts";
import { createHostRecords } from "./api/host_records.ts";
import { type ApiServer, startApi } from "./api/server.ts";
import { createEventRecords, createJobRecords } from "./api/stored_records.ts";
import { createDiskWatch } from "./disk_watch.ts";
import { type Authority, openAuthority } from "./hosts/authority.ts";
import { watchCertificate } from "./hosts/certificate_watch.ts";
import { enrollHost } from "./hosts/enroll.ts";
import { recordHostEvents } from "./hosts/host_events.ts";
import { SessionFleet } from "./hosts/session_fleet.ts";
import { createEventFeed } from "./jobs/event_feed.ts";
import { createQueue } from "./jobs/job_queue.ts";
import { type Rpc, startRpc } from "./rpc/server.ts";
import { listHosts } from "./store/hosts.ts";
import { readMeta, writeMeta } from "./store/meta.ts";
import { openSqliteBlobStore } from "./store/sqlite_blob_store.ts";
import { openStore } from "./store/sqlite_store.ts";
import type { Store } from "./store/store.ts";
import { createTokens, ensureOwnerToken, type Tokens } from "./store/tokens.ts";

/** What a controller is started with. */
export interface StartOptions {
  readonly home: Home;
  readonly listen: ListenAddress;
  readonly agentListen: ListenAddress;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether a service manager starts it again after a reboot. */
  readonly startsAtBoot: () => boolean;
  /** Somebody asked over HTTP to stop it. */
  readonly shutdown: () => void;
}

/** A controller that answers. The caller holds its lock. */
export interface RunningController {
  readonly url: string;
  /** Where it listens for HTTP and for agents, with the ports it got. */
  readonly listen: ListenAddress;
  readonly agentListen: ListenAddress;
  readonly fleet: string;
  readonly fingerprint: string;
  stop(): Promise<void>;
}

/** Opens the store and serves it: the queue first, then the agents' listener, then HTTP. */
export async function startController(options: StartOptions): Promise<RunningController> {
  const { home, clock, log, version } = options;
  const memory = createIdleMemory();
  const store = openStore(home.controller.database, { log: log.scope("store"), clock });
  store.onCommit(() => memory.touch());
  const stack = new AsyncDisposableStack();
  stack.defer(() => memory.close());
  stack.defer(() => store.close());
  try {
    const authority = await openAuthority(home.controller.ca, await fleetName(store), clock);
    const { certificatePem } = authority.controllerCredentials;
    stack.defer(watchCertificate({ certificatePem, clock, log }));
    const freeBytes = () => diskSpace(home.controller.root).freeBytes;
    const blobs = await openSqliteBlobStore({ store, directory: home.controller.blobs, clock, freeBytes });
    const fleet = new SessionFleet();
    const feed = createEventFeed();
    const queue = createQueue({
      store,
      fleet,
      clock,
      log: log.scope("queue"),
      feed,
      random: (count) => randomBytes(count),
      blobsMissing: (sha256) => blobs.missing(sha256),
    });
    // Before the queue hears of hosts, so that a host is said to be ready before work goes to it; and no more once the
    // sessions are ended: a controller that stops loses no host.
    const ignoreHosts = recordHostEvents({
      fleet,
      log: log.scope("hosts"),
      record: (facts) => queue.record(facts),
    });
    await queue.start();
    stack.defer(() => queue.close());
    const rpc = await startRpc({
      listen: options.agentListen,
      authority,
      fleet,
      queue,
      store,
      blobs,
      clock,
      log: log.scope("rpc"),
      version,
    });
    stack.defer(() => rpc.stop());
    stack.defer(ignoreHosts);
    const tokens = createTokens({ store, clock });
    const about = createAbout(options, authority, rpc);
    const app = createApp({
      store,
      queue,
      fleet,
      blobs,
      tokens,
      clock,
      jobs: createJobRecords(store),
      events: createEventRecords(store, feed),
      hosts: createHostRecords({
        fleet,
        rows: () => store.read(listHosts),
        lastSeenAt: (hostId) => fleet.lastSeenAt(hostId),
        enroll: (request) => enroll({ store, authority, clock }, request, about.agentsAt()),
      }),
      about,
      log: log.scope("api"),
      refusing: createDiskWatch(freeBytes, clock),
      shutdown: options.shutdown,
    });
    const api = await startApi({
      app,
      listen: options.listen,
      socketPath: home.controller.socket,
      hostNames: [authority.controllerName],
      tls: isLoopback(options.listen.hostname) ? undefined : tlsOf(authority),
    });
    stack.defer(() => api.stop());
    about.api = api;
    await keepOwnerToken(home, tokens, clock, api.url, authority);
    const parts = stack.move();
    return {
      url: api.url,
      listen: { ...options.listen, port: api.port },
      agentListen: { ...options.agentListen, port: rpc.port },
      fleet: authority.fleet,
      fingerprint: authority.fingerprint,
      stop: () => parts.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync().catch((fault) => log.error("cannot stop cleanly", { why: messageOf(fault) }));
    throw error;
  }
}

/** The name in every certificate of this fleet; made once. */
async function fleetName(store: Store): Promise<string> {
  const known = store.read((db) => readMeta(db, "fleet"));
  if (known !== null) return known;
  const name = randomId("f", (count) => randomBytes(count));
  await store.write((db) => writeMeta(db, "fleet", name));
  return name;
}

function tlsOf({ controllerCredentials, caPem }: Authority): { key: string; certificate: string } {
  return {
    key: controllerCredentials.keyPem,
    certificate: `${controllerCredentials.certificatePem.trimEnd()}\n${caPem}`,
  };
}

function createAbout(options: StartOptions, authority: Authority, rpc: Rpc) {
  const startedAt = options.clock.now();
  return {
    api: null as ApiServer | null,
    version: options.version,
    fleet: authority.fleet,
    fingerprint: authority.fingerprint,
    startedAt,
    url(): string {
      if (this.api === null) throw new MusterError("Internal", "Cannot say the URL: not listening yet");
      return this.api.url;
    },
    agentsAt: () => formatListen({ hostname: options.agentListen.hostname, port: rpc.port }),
    startsAtBoot: options.startsAtBoot,
  };
}

async function enroll(
  parts: Parameters<typeof enrollHost>[0],
  request: Parameters<typeof enrollHost>[1],
  controller: string,
) {
  const enrolled = await enrollHost(parts, request);
  return {
    host_id: enrolled.hostId,
    fleet: enrolled.fleet,
    certificate: enrolled.certificatePem,
    ca: enrolled.caPem,
    controller,
    controller_name: enrolled.controllerName,
  };
}

/** Keeps a valid owner's token in client.json, for programs on this machine that speak TCP. */
async function keepOwnerToken(
  home: Home,
  tokens: Tokens,
  clock: Clock,
  url: string,
  authority: Authority,
): Promise<void> {
  const file = await readClientFile(home.client);
  const known = file.contexts[LOCAL_CONTEXT];
  const token = await ensureOwnerToken(tokens, clock, known?.token ?? null);
  const local = url.startsWith("https:")
    ? { url, token, ca: authority.caPem, serverName: authority.controllerName }
    : { url, token };
  if (JSON.stringify(known) === JSON.stringify(local)) return;
  await writeClientFile(home.client, { ...file, contexts: { ...file.contexts, [LOCAL_CONTEXT]: local } });
}
