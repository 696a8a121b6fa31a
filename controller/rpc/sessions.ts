import { MusterError } from "../../core/errors.ts";
import type { SessionStream } from "../../proto/grpc_server.ts";
import type { Clock } from "../../system/clock.ts";
import type { StoredHost } from "../store/hosts.ts";
import { HostSession, type SessionParts } from "./host_session.ts";

/** Silence after which a session is over, in ms: three heartbeats. */
const LEASE_MS = 15_000;
/** Time for the first message, in ms. */
const REGISTER_MS = 10_000;
/** A gap this long between two checks means that the controller stood still, and no host is to blame. */
const STANDSTILL_MS = 5_000;

/** All open Session calls: one a host, and none that is silent. */
export class Sessions {
  readonly #parts: Omit<SessionParts, "takeOver">;
  readonly #clock: Clock;
  readonly #open = new Map<string, HostSession>();
  readonly #ending = new Set<Promise<void>>();
  /** Ends the wait for a session's first message. */
  readonly #began = new WeakMap<HostSession, () => void>();
  #checkedMs: number;

  constructor(parts: Omit<SessionParts, "takeOver">) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#checkedMs = parts.clock.monotonicMs();
  }

  /** Takes a call of a host whose certificate was checked. */
  accept(host: StoredHost, stream: SessionStream): void {
    const session = new HostSession(host, stream, {
      ...this.#parts,
      takeOver: (newer) => this.#takeOver(newer),
    });
    const timer = setTimeout(
      () => session.end(new MusterError("InvalidInput", "No Register came")),
      REGISTER_MS,
    );
    stream.closed.then(() => clearTimeout(timer));
    this.#began.set(session, () => clearTimeout(timer));
    const ending = session.settled().then(() => {
      if (this.#open.get(session.hostId) === session) this.#open.delete(session.hostId);
      this.#ending.delete(ending);
    });
    this.#ending.add(ending);
  }

  /** Ends sessions whose lease is over. Called each second. */
  expire(): void {
    const nowMs = this.#clock.monotonicMs();
    const stoodStill = nowMs - this.#checkedMs > STANDSTILL_MS;
    this.#checkedMs = nowMs;
    for (const session of this.#open.values()) {
      if (stoodStill) session.excuse(nowMs);
      else if (session.silentMs(nowMs) > LEASE_MS) {
        session.end(new MusterError("Unreachable", "The host was silent for 15 seconds"));
      }
    }
  }

  /** Ends all sessions and waits until what they said is observed. */
  async close(): Promise<void> {
    for (const session of this.#open.values()) {
      session.end(new MusterError("Unreachable", "The controller is stopping"));
    }
    await Promise.all(this.#ending);
  }

  async #takeOver(newer: HostSession): Promise<void> {
    this.#began.get(newer)?.();
    const older = this.#open.get(newer.hostId);
    this.#open.set(newer.hostId, newer);
    if (older === undefined) return;
    older.end(new MusterError("Conflict", "A newer session of this host took over"));
    await older.settled();
  }
}
