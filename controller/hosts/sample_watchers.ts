import type { TakenSample } from "../../core/host.ts";

type Listener = (sample: TakenSample) => void;

/** Who listens to the samples of which host. */
export class SampleWatchers {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #ask: (hostId: string, isWatched: boolean) => void;

  /** `ask` is told when the first listener of a host comes and when the last one has left. */
  constructor(ask: (hostId: string, isWatched: boolean) => void) {
    this.#ask = ask;
  }

  /** Returns the way to stop; stopping twice is no error. */
  add(hostId: string, listener: Listener): () => void {
    // One of its own for each call: the same function may listen twice.
    const own: Listener = (sample) => listener(sample);
    const listeners = this.#listeners.get(hostId) ?? new Set();
    this.#listeners.set(hostId, listeners.add(own));
    if (listeners.size === 1) this.#ask(hostId, true);
    return () => {
      if (!listeners.delete(own) || listeners.size > 0) return;
      this.#listeners.delete(hostId);
      this.#ask(hostId, false);
    };
  }

  isWatched(hostId: string): boolean {
    return this.#listeners.has(hostId);
  }

  tell(hostId: string, sample: TakenSample): void {
    for (const listener of [...this.#listeners.get(hostId) ?? []]) listener(sample);
  }
}
