import { messageOf, MusterError } from "../../core/errors.ts";
import { type ControllerCalls, type Peer, startGrpcServer } from "../../proto/grpc_server.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Authority } from "../hosts/authority.ts";
import type { SessionFleet } from "../hosts/session_fleet.ts";
import type { Queue } from "../jobs/queue.ts";
import type { BlobStore } from "../store/blob_store.ts";
import type { Store } from "../store/store.ts";
import { getBlob, putBlob } from "./blob_calls.ts";
import { identify } from "./identify.ts";
import { Sessions } from "./sessions.ts";

const CHECK_MS = 1_000;

export interface RpcOptions {
  /** Port 0: a free one. */
  readonly listen: { readonly hostname: string; readonly port: number };
  readonly authority: Authority;
  /** Filled with the sessions that are open. */
  readonly fleet: SessionFleet;
  readonly queue: Queue;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Of this program, for the agents. */
  readonly version: string;
  /** How often leases are checked. Default 1,000. */
  readonly leaseCheckMs?: number;
}

export interface Rpc {
  readonly port: number;
  /** Ends the sessions, waits for reports that are being observed, and closes the listener. */
  stop(): Promise<void>;
}

/** Starts the agents' listener. Throws `Conflict` if the port is taken. */
export async function startRpc(options: RpcOptions): Promise<Rpc> {
  const { authority, clock, fleet, listen, log, queue, store, version } = options;
  const sessions = new Sessions({ clock, fleet, log, queue, store, version });
  const server = await startGrpcServer({
    listen,
    caPem: authority.caPem,
    ...authority.controllerCredentials,
    calls: controllerCalls(options, sessions),
    onFault: (error) => log.error("call failed", { error: messageOf(error) }),
  });
  const timer = setInterval(() => sessions.expire(), options.leaseCheckMs ?? CHECK_MS);
  return {
    port: server.port,
    stop: async () => {
      clearInterval(timer);
      const settled = sessions.close();
      await server.stop();
      await settled;
    },
  };
}

function controllerCalls(options: RpcOptions, sessions: Sessions): ControllerCalls {
  const { authority, blobs, fleet, log, store } = options;
  const host = (peer: Peer) => {
    try {
      return identify(peer, authority.fleet, store);
    } catch (error) {
      if (error instanceof MusterError) {
        log.warn("refused a caller", { at: peer.address, why: error.message });
      }
      throw error;
    }
  };
  return {
    session: (peer, stream) => sessions.accept(host(peer), stream),
    putLog: async (peer, chunks, signal) => {
      await fleet.acceptLog(host(peer).id, chunks, signal);
      return {};
    },
    putBlob: (peer, chunks) => {
      host(peer);
      return putBlob(blobs, chunks);
    },
    getBlob: (peer, request) => {
      host(peer);
      return getBlob(blobs, request);
    },
  };
}
