import type { StoredEvent } from "../store/events.ts";

/** Hands committed events to whoever listens now. What was before is in the store. */
export interface EventFeed {
  /** Whether anybody listens; without listeners nothing needs to be published. */
  readonly hasListeners: boolean;
  /** Called after the commit, in the order of the events' numbers. */
  publish(events: readonly StoredEvent[]): void;
  /** Returns the way to stop. To miss nothing: subscribe first, then read the store, then skip what came twice. */
  subscribe(listener: (events: readonly StoredEvent[]) => void): () => void;
}

export function createEventFeed(): EventFeed {
  const listeners = new Set<(events: readonly StoredEvent[]) => void>();
  return {
    get hasListeners() {
      return listeners.size > 0;
    },
    publish(events) {
      if (events.length === 0) return;
      for (const listener of [...listeners]) listener(events);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
