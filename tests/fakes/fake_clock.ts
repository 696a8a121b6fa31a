import type { Clock } from "../../system/clock.ts";

/** A clock that moves only when told. */
export class FakeClock implements Clock {
  #now: number;
  #monotonicMs = 1_000;

  constructor(now: number = Date.UTC(2030, 0, 1)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  advance(ms: number): void {
    this.#now += ms;
    this.#monotonicMs += ms;
  }
}
