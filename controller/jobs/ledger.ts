import { setImmediate } from "node:timers";
import { messageOf } from "../../core/errors.ts";
import type { Counts, Job } from "../../core/job.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Store } from "../store/store.ts";
import { Change, type Committed } from "./change.ts";
import type { EventFeed } from "./event_feed.ts";
import { QueueMemory } from "./memory.ts";
import { addTally, emptyTally, type GrowingTally } from "./tally.ts";

export interface LedgerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly feed: EventFeed;
  readonly log: Log;
  /** Told inside each change that it may have made placing possible. */
  readonly placeable: () => void;
  /** Told after the commit which jobs have ended. */
  readonly ended: (jobs: readonly Job[]) => void;
}

/** Runs changes against rows and memory together, and tells who listens once they are durable. */
export class Ledger {
  readonly memory = new QueueMemory();
  /** What was done since the start, as far as it is durable. */
  readonly tally: GrowingTally = emptyTally();
  readonly #parts: LedgerParts;
  readonly #listeners = new Map<string, Set<(counts: Counts) => void>>();

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  load(): void {
    this.#parts.store.read((db) => this.memory.load(db));
  }

  /** Resolves once the change is durable. If it was not kept, the memory is as if it had not been asked for. */
  async commit<T>(body: (change: Change) => T): Promise<T> {
    let appliedIn: number | null = null;
    const write = this.#parts.store.write((db) => {
      const change = new Change(db, this.memory, this.#parts.clock.now());
      const value = body(change);
      const committed = change.finish();
      appliedIn = this.memory.generation;
      if (committed.changed.length > 0) this.#parts.placeable();
      return { value, committed };
    });
    const { value, committed } = await write.catch((error) => {
      // The commit itself failed after the memory was changed. One load serves all changes of the group.
      if (appliedIn === this.memory.generation) this.load();
      throw error;
    });
    this.#tell(committed);
    return value;
  }

  /** Nothing of the job is placed while `body` works on it in pieces. */
  async holding(jobId: string, body: () => Promise<void>): Promise<void> {
    const held = this.memory.jobs.get(jobId);
    if (held !== undefined) held.holds++;
    try {
      await body();
    } finally {
      // Another object than before, if it was read again or had ended; then it may have been held by its reset.
      const job = this.memory.jobs.get(jobId);
      if (job !== undefined) job.holds = Math.max(0, job.holds - 1);
      this.#parts.placeable();
    }
  }

  onJobChange(jobId: string, listener: (counts: Counts) => void): () => void {
    const listeners = this.#listeners.get(jobId) ?? new Set();
    this.#listeners.set(jobId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(jobId) === listeners) this.#listeners.delete(jobId);
    };
  }

  /** What is committed stands, whatever a listener makes of it. */
  #tell(committed: Committed): void {
    const { feed, ended, log } = this.#parts;
    addTally(this.tally, committed.tally);
    const guarded = (tell: () => void) => {
      try {
        tell();
      } catch (error) {
        log.error("a listener of the queue failed", { error: messageOf(error) });
      }
    };
    if (feed.hasListeners) guarded(() => feed.publish(committed.events()));
    for (const job of committed.changed) {
      for (const listener of [...this.#listeners.get(job.id) ?? []]) guarded(() => listener(job.counts));
    }
    if (committed.ended.length > 0) guarded(() => ended(committed.ended));
  }
}

/** Lets everything else that waits have its turn, between the pieces of a long change. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve()));
}
