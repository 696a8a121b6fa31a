import type { Context } from "hono";
import type { Role } from "../../core/api/fleet.ts";
import type { Receipt } from "../store/idempotency.ts";

/** What the listener knows of the connection a request came by; given to the app as its environment. */
export interface Connection {
  /** `socket`: who can open the unix socket is the owner. */
  readonly listener: "tcp" | "socket";
  /** Whether a Host header (name and port, lower case) names this controller. */
  servesHost(host: string): boolean;
  /** Aborted when the controller stops: streams end at once. */
  readonly stopping: AbortSignal;
}

/** Who asks. `tokenId` is null for the owner on the socket. */
export interface Caller {
  readonly tokenId: string | null;
  readonly role: Role;
}

/** The types of Hono's context in this app. */
export interface ApiEnv {
  Bindings: Connection;
  Variables: {
    caller: Caller;
    /** Of a POST with an Idempotency-Key: lets its effect and its answer share one transaction. */
    receipt: Receipt | undefined;
    /** The OpenAPI path that answers, for the metrics. */
    route: string | undefined;
  };
}

export type ApiContext = Context<ApiEnv>;
