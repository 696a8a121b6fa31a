import { MusterError } from "../../core/errors.ts";
import type { TakenSample } from "../../core/host.ts";
import type { JobSpec } from "../../core/job.ts";
import type { AttemptRef } from "../../core/task.ts";
import type { Instant } from "../../core/time.ts";
import { jobToMessage } from "../../proto/convert.ts";
import type { ControllerMessage, JobDescriptionMessage, LogChunkMessage } from "../../proto/messages.ts";
import type { AssignedTask } from "../jobs/queue.ts";
import { assignParts } from "./assign_parts.ts";
import type { ConnectedHost, Fleet } from "./fleet.ts";
import { LogTickets } from "./log_tickets.ts";
import { SampleWatchers } from "./sample_watchers.ts";

/** A live session as the fleet uses it. */
export interface FleetMember {
  readonly host: ConnectedHost;
  readonly lastSeenAt: Instant;
  /** The newest one; null until one came. */
  readonly sample: TakenSample | null;
  send(message: Partial<ControllerMessage>): void;
  setDraining(draining: boolean): void;
  end(error: MusterError): void;
}

interface Joined {
  readonly member: FleetMember;
  /** Jobs that were described in this session. */
  readonly described: Set<string>;
}

/** Descriptions that a session may hold; then all are sent again. The agent keeps twice as many. */
const DESCRIBED_LIMIT = 1_000;

/** The fleet made of the sessions that are open. */
export class SessionFleet implements Fleet {
  readonly #members = new Map<string, Joined>();
  readonly #listeners = new Set<() => void>();
  readonly #tickets: LogTickets;
  #begun = 0;
  readonly #watchers = new SampleWatchers((hostId, samples) =>
    this.#members.get(hostId)?.member.send({ watch: { samples } })
  );

  constructor(options: { readonly logOpenMs?: number } = {}) {
    this.#tickets = new LogTickets(options.logOpenMs);
  }

  connected(): readonly ConnectedHost[] {
    return Array.from(this.#members.values(), ({ member }) => member.host);
  }

  /** When the host was last heard; null without a session. */
  lastSeenAt(hostId: string): Instant | null {
    return this.#members.get(hostId)?.member.lastSeenAt ?? null;
  }

  sample(hostId: string): TakenSample | null {
    return this.#members.get(hostId)?.member.sample ?? null;
  }

  watchSamples(hostId: string, listener: (sample: TakenSample) => void): () => void {
    return this.#watchers.add(hostId, listener);
  }

  assign(
    hostId: string,
    epoch: number,
    jobs: ReadonlyMap<string, JobSpec>,
    tasks: readonly AssignedTask[],
  ): void {
    const joined = this.#members.get(hostId);
    if (joined === undefined) return;
    const describe = (jobId: string) => description(joined.described, jobs, jobId);
    for (const part of assignParts(tasks, describe)) joined.member.send({ assign: { epoch, ...part } });
  }

  kill(hostId: string, refs: readonly AttemptRef[], graceSeconds: number): boolean {
    const joined = this.#members.get(hostId);
    joined?.member.send({ kill: { refs: [...refs], graceSeconds } });
    return joined !== undefined;
  }

  openLog(
    hostId: string,
    ref: AttemptRef,
    options: { readonly offset: number; readonly follow: boolean; readonly signal?: AbortSignal },
  ): Promise<ReadableStream<Uint8Array>> {
    const { offset, follow, signal } = options;
    const ask = (ticket: string) => {
      const joined = this.#members.get(hostId);
      joined?.member.send({ openLog: { ticket, ref, offset, follow } });
      return joined !== undefined;
    };
    return this.#tickets.open(hostId, ask, signal);
  }

  sessionsBegun(): number {
    return this.#begun;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The host takes no new work, or takes it again. The caller stores it. */
  setDraining(hostId: string, draining: boolean): void {
    this.#members.get(hostId)?.member.setDraining(draining);
  }

  /** Ends the host's session, as when it was removed; false if it has none. */
  end(hostId: string, error: MusterError): boolean {
    const joined = this.#members.get(hostId);
    joined?.member.end(error);
    return joined !== undefined;
  }

  // ---- called by the sessions

  /** The host's session is live. One that is there already is ended: a newer one stands. */
  join(member: FleetMember): void {
    const hostId = member.host.id;
    this.#members.get(hostId)?.member.end(
      new MusterError("Conflict", "A newer session of this host took over"),
    );
    this.#members.set(hostId, { member, described: new Set() });
    this.#begun++;
    if (this.#watchers.isWatched(hostId)) member.send({ watch: { samples: true } });
    this.changed();
  }

  /** The session is over; nothing happens if a newer one stands. */
  leave(member: FleetMember): void {
    const hostId = member.host.id;
    if (this.#members.get(hostId)?.member !== member) return;
    this.#members.delete(hostId);
    this.#tickets.hostLeft(hostId);
    this.changed();
  }

  /** A sample came. */
  sampled(hostId: string, sample: TakenSample): void {
    this.#watchers.tell(hostId, sample);
  }

  /** What a host takes has changed. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Bytes of a log that a host sends. */
  acceptLog(hostId: string, chunks: AsyncIterable<LogChunkMessage>, signal: AbortSignal): Promise<void> {
    return this.#tickets.accept(hostId, chunks, signal);
  }
}

/** The description if the session lacks it. */
function description(
  described: Set<string>,
  jobs: ReadonlyMap<string, JobSpec>,
  jobId: string,
): JobDescriptionMessage | null {
  if (described.has(jobId)) return null;
  const spec = jobs.get(jobId);
  if (spec === undefined) return null;
  if (described.size >= DESCRIBED_LIMIT) described.clear();
  described.add(jobId);
  return jobToMessage(jobId, spec);
}
