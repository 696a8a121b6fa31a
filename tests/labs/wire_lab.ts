import { join } from "node:path";
import { Outbox } from "../../agent/outbox.ts";
import { type Session, startSession } from "../../agent/session.ts";
import type { Authority } from "../../controller/hosts/authority.ts";
import { openAuthority } from "../../controller/hosts/authority.ts";
import { enrollHost } from "../../controller/hosts/enroll.ts";
import { SessionFleet } from "../../controller/hosts/session_fleet.ts";
import { type Rpc, startRpc } from "../../controller/rpc/server.ts";
import type { BlobStore } from "../../controller/store/blob_store.ts";
import { openSqliteBlobStore } from "../../controller/store/sqlite_blob_store.ts";
import type { HostSample } from "../../core/host.ts";
import { createKeyAndRequest } from "../../system/certificates.ts";
import { type Clock, systemClock } from "../../system/clock.ts";
import { silentLog } from "../../system/log.ts";
import type { Identity } from "../../agent/identity.ts";
import { A_GPU, someFacts } from "../builders/a_host.ts";
import { aStore } from "../builders/a_store.ts";
import { RecordingQueue } from "../fakes/recording_queue.ts";
import { RecordingWork } from "../fakes/recording_work.ts";

/** A host's end of the wire. */
export interface AgentEnd {
  readonly work: RecordingWork;
  readonly outbox: Outbox;
  readonly session: Session;
  readonly identity: Identity;
  stop(): Promise<void>;
}

export interface WireLab extends AsyncDisposable {
  readonly directory: string;
  readonly store: ReturnType<typeof aStore>;
  readonly queue: RecordingQueue;
  readonly fleet: SessionFleet;
  readonly blobs: BlobStore;
  readonly authority: Authority;
  /** Free bytes of the controller's disk, as it believes. */
  freeBytes: number;
  rpc: Rpc;
  /** Ends the listener and starts one on the same port, with an empty fleet of sessions. */
  restart(): Promise<void>;
  enroll(name: string): Promise<Identity>;
  agent(identity: Identity, options?: AgentEndOptions): AgentEnd;
}

export interface AgentEndOptions {
  readonly work?: RecordingWork;
  readonly outbox?: Outbox;
  /** What it uses, when asked. Default: nothing is said. */
  readonly sample?: () => HostSample;
}

/** A real listener and real sessions in one process; the queue and the work are recordings. */
export async function wireLab(
  options: { readonly clock?: Clock; readonly logOpenMs?: number; readonly leaseCheckMs?: number } = {},
): Promise<WireLab> {
  const clock = options.clock ?? systemClock;
  const directory = await Deno.makeTempDir({ prefix: "muster-wire-" });
  const store = aStore();
  const queue = new RecordingQueue();
  const fleet = new SessionFleet(options.logOpenMs === undefined ? {} : { logOpenMs: options.logOpenMs });
  const authority = await openAuthority(join(directory, "ca"), "f1", systemClock);
  const agents: AgentEnd[] = [];
  const listen = (port: number) =>
    startRpc({
      listen: { hostname: "127.0.0.1", port },
      authority,
      fleet,
      queue,
      store,
      blobs: lab.blobs,
      clock,
      log: silentLog,
      version: "0.1.0",
      leaseCheckMs: options.leaseCheckMs ?? 1_000,
    });
  const lab: WireLab = {
    directory,
    store,
    queue,
    fleet,
    authority,
    freeBytes: 100e9,
    blobs: await openSqliteBlobStore({
      store,
      directory: join(directory, "blobs"),
      clock,
      freeBytes: () => lab.freeBytes,
    }),
    rpc: undefined as unknown as Rpc,
    restart: async () => {
      const { port } = lab.rpc;
      await lab.rpc.stop();
      lab.rpc = await listen(port);
    },
    enroll: async (name) => {
      const { keyPem, requestPem } = await createKeyAndRequest();
      const enrolled = await enrollHost({ store, authority, clock }, { name, csr: requestPem });
      return {
        hostId: enrolled.hostId,
        fleet: enrolled.fleet,
        controller: `127.0.0.1:${lab.rpc.port}`,
        controllerName: enrolled.controllerName,
        keyPem,
        certificatePem: enrolled.certificatePem,
        caPem: enrolled.caPem,
        epoch: 0,
      };
    },
    agent: (identity, parts = {}) => {
      const end = agentEnd(identity, join(directory, `identity-${identity.hostId}`), parts);
      agents.push(end);
      return end;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(agents.map((agent) => agent.stop()));
      await lab.rpc.stop();
      await store.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
  lab.rpc = await listen(0);
  return lab;
}

function agentEnd(
  identity: Identity,
  identityDirectory: string,
  parts: AgentEndOptions,
): AgentEnd {
  const { sample } = parts;
  const stop = new AbortController();
  const work = parts.work ?? new RecordingWork();
  const outbox = parts.outbox ?? new Outbox();
  const session = startSession({
    identity,
    identityDirectory,
    work,
    outbox,
    clock: systemClock,
    log: silentLog,
    version: "0.1.0",
    facts: () => someFacts({ hostname: "spark1", machineId: null, gpus: [A_GPU] }),
    diskFreeBytes: () => 42e9,
    offerAgainMs: 50,
    sample: () => Promise.resolve(sample?.() ?? null),
    signal: stop.signal,
  });
  return {
    work,
    outbox,
    session,
    identity,
    stop: async () => {
      stop.abort();
      await session.ended;
    },
  };
}
