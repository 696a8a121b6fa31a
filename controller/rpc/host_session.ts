import { messageOf, MusterError } from "../../core/errors.ts";
import type { HostSample, TakenSample } from "../../core/host.ts";
import type { AttemptRef } from "../../core/task.ts";
import type { Instant } from "../../core/time.ts";
import { factsFromJson } from "../../proto/facts.ts";
import { PROTOCOLS } from "../../proto/muster.ts";
import type { SessionStream } from "../../proto/grpc_server.ts";
import type { AgentMessage, HeartbeatMessage, RegisterMessage } from "../../proto/messages.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { ConnectedHost } from "../hosts/fleet.ts";
import type { FleetMember, SessionFleet } from "../hosts/session_fleet.ts";
import { KILL_GRACE_SECONDS } from "../jobs/kill.ts";
import type { Queue } from "../jobs/queue.ts";
import { getHost, recordRegister, type StoredHost, touchHost } from "../store/hosts.ts";
import type { Store } from "../store/store.ts";
import { ackOf, heldOf } from "./convert.ts";
import { ReportLine } from "./report_line.ts";

/** Seconds between heartbeats; three missed ones and the host is away. */
const HEARTBEAT_SECONDS = 5;
/** `last_seen_at` is written no more often, in ms. */
const TOUCH_MS = 60_000;

export interface SessionParts {
  readonly fleet: SessionFleet;
  readonly queue: Queue;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** Ends the former session of the host and waits until all it said is observed. */
  takeOver(session: HostSession): Promise<void>;
}

/** One host's Session call, from register to the end of the line. */
export class HostSession implements FleetMember {
  readonly #parts: SessionParts;
  readonly #stored: StoredHost;
  readonly #stream: SessionStream;
  readonly #reports: ReportLine;
  #phase: "new" | "registering" | "live" | "over" = "new";
  #host: ConnectedHost | null = null;
  #sample: TakenSample | null = null;
  #heardMs: number;
  #lastSeenAt: Instant;
  #touchedAt: Instant = 0;
  #registered: Promise<void> | null = null;

  constructor(stored: StoredHost, stream: SessionStream, parts: SessionParts) {
    this.#parts = parts;
    this.#stored = stored;
    this.#stream = stream;
    this.#heardMs = parts.clock.monotonicMs();
    this.#lastSeenAt = parts.clock.now();
    this.#reports = this.#reportLine();
    stream.onMessage((message) => this.#receive(message));
  }

  get hostId(): string {
    return this.#stored.id;
  }

  get host(): ConnectedHost {
    if (this.#host === null) throw new TypeError("The session has not registered");
    return this.#host;
  }

  get lastSeenAt(): Instant {
    return this.#lastSeenAt;
  }

  get sample(): TakenSample | null {
    return this.#sample;
  }

  /** Milliseconds of silence on the monotonic clock. */
  silentMs(nowMs: number): number {
    return nowMs - this.#heardMs;
  }

  /** The silence up to now does not count: the controller itself stood still. */
  excuse(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  send(message: Parameters<SessionStream["send"]>[0]): void {
    if (this.#phase !== "over") this.#stream.send(message);
  }

  /** Tells the host why, and ends the session. */
  end(error: MusterError): void {
    if (this.#phase === "over") return;
    this.send({ refused: { code: error.code, message: error.message } });
    this.#over();
    this.#stream.end(error);
  }

  /** The host drains, or takes work again. */
  setDraining(draining: boolean): void {
    if (this.#host === null || this.#host.draining === draining) return;
    this.#host = { ...this.#host, draining };
    this.#parts.fleet.changed();
  }

  /** Resolves when the line is closed and what came over it is observed. */
  async settled(): Promise<void> {
    await this.#stream.closed;
    this.#over();
    await this.#registered;
    await this.#reports.settled();
  }

  #receive(message: AgentMessage): void {
    if (this.#phase === "over") return;
    this.#heardMs = this.#parts.clock.monotonicMs();
    this.#lastSeenAt = this.#parts.clock.now();
    try {
      this.#take(message);
    } catch (error) {
      this.#fault(error);
    }
  }

  #take(message: AgentMessage): void {
    if (this.#phase === "new") return this.#begin(message.register ?? null);
    if (message.report) this.#reports.add(message.report, this.#lastSeenAt);
    else if (message.heartbeat) this.#heartbeat(message.heartbeat);
    // A message of a newer agent that is not known here is passed over.
  }

  #begin(register: RegisterMessage | null): void {
    if (register === null) throw new MusterError("InvalidInput", "A session begins with Register");
    this.#phase = "registering";
    this.#registered = this.#register(register).catch((error) => this.#fault(error));
  }

  async #register(register: RegisterMessage): Promise<void> {
    const { queue, fleet, log, version } = this.#parts;
    const protocol = commonProtocol(register.protocols);
    const facts = factsFromJson(register.factsJson);
    const held = heldOf(register.held, this.#lastSeenAt);
    await this.#parts.takeOver(this);
    const bootId = this.#stored.facts?.bootId;
    if (bootId !== undefined && bootId !== facts.bootId) {
      log.info("host rebooted", { host: this.#stored.name });
    }
    const stored = await this.#record(facts, register.agentVersion);
    const { drop } = await queue.hostRegistered(this.hostId, held);
    if (this.#phase !== "registering") return;
    this.#host = connectedHost(stored, facts);
    this.#phase = "live";
    this.send({
      welcome: {
        protocol,
        epoch: queue.epoch,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        drop: [...drop],
        controllerVersion: version,
      },
    });
    fleet.join(this);
    log.info("host is here", { host: stored.name, held: held.length, drop: drop.length });
    const late = await queue.unwanted(this.hostId, held.filter((each) => !isAmong(drop, each)));
    if (late.length > 0) this.send({ kill: { refs: [...late], graceSeconds: KILL_GRACE_SECONDS } });
  }

  async #record(facts: ConnectedHost["facts"], agentVersion: string): Promise<StoredHost> {
    const now = this.#lastSeenAt;
    this.#touchedAt = now;
    const stored = await this.#parts.store.write((db) => {
      recordRegister(db, this.hostId, { facts, agentVersion, now });
      return getHost(db, this.hostId);
    });
    if (stored === null || stored.state === "removed") {
      throw new MusterError("NotAllowed", `Host "${this.#stored.name}" was removed from the fleet`);
    }
    return stored;
  }

  #heartbeat(heartbeat: HeartbeatMessage): void {
    if (heartbeat.sample !== null) {
      this.#sample = { ...sampleOf(heartbeat.sample), at: this.#lastSeenAt };
      this.#parts.fleet.sampled(this.hostId, this.#sample);
    }
    this.#touch(TOUCH_MS);
    if (this.#host === null) return;
    const refusing = heartbeat.refusing === "" ? null : heartbeat.refusing;
    const { disk } = this.#host.facts;
    const facts = disk === null
      ? this.#host.facts
      : { ...this.#host.facts, disk: { ...disk, freeBytes: heartbeat.diskFreeBytes } };
    const isChanged = refusing !== this.#host.refusing;
    this.#host = { ...this.#host, facts, refusing };
    if (isChanged) this.#parts.fleet.changed();
  }

  /** Stores when the host was last seen, if that was written more than `afterMs` ago. */
  #touch(afterMs: number): void {
    const at = this.#lastSeenAt;
    if (at - this.#touchedAt < afterMs) return;
    this.#touchedAt = at;
    this.#parts.store.write((db) => touchHost(db, this.hostId, at)).catch((error) =>
      this.#parts.log.warn("cannot record when a host was seen", {
        host: this.hostId,
        error: messageOf(error),
      })
    );
  }

  #over(): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    if (this.#host === null) return;
    this.#parts.fleet.leave(this);
    this.#touch(1);
    this.#parts.log.info("host is away", { host: this.#stored.name });
  }

  #fault(error: unknown): void {
    if (error instanceof MusterError) return this.end(error);
    this.#parts.log.error("session failed", { host: this.hostId, error: messageOf(error) });
    this.end(new MusterError("Internal", "A fault of the controller"));
  }

  #reportLine(): ReportLine {
    return new ReportLine({
      observe: (report) => this.#parts.queue.observe(this.hostId, report),
      acknowledge: (outcome) => {
        if (outcome.ack.length + outcome.missing.length > 0) this.send({ ack: ackOf(outcome) });
      },
      failed: (error) => this.#fault(error),
      hold: (isHeld) => isHeld ? this.#stream.pause() : this.#stream.resume(),
    });
  }
}

function commonProtocol(theirs: readonly number[]): number {
  const common = PROTOCOLS.find((version) => theirs.includes(version));
  if (common !== undefined) return common;
  throw new MusterError(
    "Conflict",
    `No common wire version: the agent speaks ${theirs.join(", ") || "none"}, the controller ${
      PROTOCOLS.join(", ")
    }`,
    { hint: "Upgrade the agent" },
  );
}

function connectedHost(stored: StoredHost, facts: ConnectedHost["facts"]): ConnectedHost {
  return {
    id: stored.id,
    name: stored.name,
    facts,
    labels: stored.labels,
    draining: stored.state === "draining",
    refusing: null,
  };
}

function sampleOf(sample: NonNullable<HeartbeatMessage["sample"]>): HostSample {
  const gpus = sample.gpus.map(({ index, utilization, memoryUsedBytes }) => ({
    index,
    utilization: utilization ?? null,
    memoryUsedBytes: memoryUsedBytes ?? null,
  }));
  return { cpuUsed: sample.cpuUsed, memoryUsedBytes: sample.memoryUsedBytes, gpus };
}

function isAmong(refs: readonly AttemptRef[], { jobId, index, attempt }: AttemptRef): boolean {
  return refs.some((ref) => ref.jobId === jobId && ref.index === index && ref.attempt === attempt);
}
