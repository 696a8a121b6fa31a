import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../system/log.ts";
import type { Fleet } from "../hosts/fleet.ts";
import { type Assignments, claim } from "../jobs/claim.ts";
import type { Change } from "../jobs/change.ts";
import { place } from "./place.ts";
import { placeableHosts, waitingJobs } from "./view.ts";

/** Tasks claimed in one change: some 10 ms. More follow in the next turn. */
const CLAIMS = 500;

/** Milliseconds until a claim that could not be written is tried again. */
const RETRY_MS = 1000;

export interface PlacingParts {
  readonly fleet: Fleet;
  readonly epoch: number;
  readonly log: Log;
  /** Runs a change of the queue; rejects if it was not kept. */
  readonly commit: <T>(body: (change: Change) => T) => Promise<T>;
}

/**
 * Places waiting tasks when something has changed, never by the clock. Asked for from inside a change, it runs at
 * the end of the same commit: an end and the claim that follows it share one fsync.
 */
export class PlacingLoop {
  readonly #parts: PlacingParts;
  #asked = false;
  #closed = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: PlacingParts) {
    this.#parts = parts;
  }

  /** Many asks before it runs are one. */
  request(): void {
    if (this.#asked || this.#closed) return;
    this.#asked = true;
    this.#parts.commit((change) => this.#place(change)).then(
      (assigned) => this.#send(assigned),
      (error) => this.#retryLater(error),
    );
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  #place(change: Change): Map<string, Assignments> {
    this.#asked = false;
    const jobs = waitingJobs(change.memory);
    if (this.#closed || jobs.length === 0) return new Map();
    const placements = place(jobs, placeableHosts(change.memory, this.#parts.fleet.connected()), CLAIMS);
    if (placements.reduce((sum, { count }) => sum + count, 0) === CLAIMS) this.request();
    return claim(change, placements);
  }

  #send(assigned: Map<string, Assignments>): void {
    for (const [hostId, { jobs, tasks }] of assigned) {
      if (tasks.length > 0) this.#parts.fleet.assign(hostId, this.#parts.epoch, jobs, tasks);
    }
  }

  #retryLater(error: unknown): void {
    this.#asked = false;
    if (this.#closed) return;
    this.#parts.log.error("cannot place tasks; trying again", { error: messageOf(error) });
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.request(), RETRY_MS);
  }
}
