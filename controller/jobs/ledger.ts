import { setImmediate } from "node:timers";
import type { Counts, Job } from "../../core/job.ts";
import type { Clock } from "../../system/clock.ts";
import type { Store } from "../store/store.ts";
import { Change, type Committed } from "./change.ts";
import type { EventFeed } from "./event_feed.ts";
import { QueueMemory } from "./memory.ts";

export interface LedgerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly feed: EventFeed;
  /** Told inside each change that it may have made placing possible. */
  readonly placeable: () => void;
  /** Told after the commit which jobs have ended. */
  readonly ended: (jobs: readonly Job[]) => void;
}

/** Runs changes against rows and memory together, and tells who listens once they are durable. */
export class Ledger {
  readonly memory = new QueueMemory();
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
    try {
      const { value, committed } = await this.#parts.store.write((db) => {
        const change = new Change(db, this.memory, this.#parts.clock.now());
        const value = body(change);
        const committed = change.finish();
        appliedIn = this.memory.generation;
        if (committed.changed.length > 0) this.#parts.placeable();
        return { value, committed };
      });
      this.#tell(committed);
      return value;
    } catch (error) {
      // The commit itself failed after the memory was changed. One load serves all changes of the group.
      if (appliedIn === this.memory.generation) this.load();
      throw error;
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

  #tell({ changed, ended, events }: Committed): void {
    if (this.#parts.feed.hasListeners) this.#parts.feed.publish(events());
    for (const job of changed) {
      for (const listener of [...this.#listeners.get(job.id) ?? []]) listener(job.counts);
    }
    if (ended.length > 0) this.#parts.ended(ended);
  }
}

/** Lets everything else that waits have its turn, between the pieces of a long change. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve()));
}
