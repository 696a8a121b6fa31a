import type { Follower } from "./executors/executor.ts";
import type { HeldAttempt } from "./held_attempt.ts";

/** Which attempt begins where which other ends. */
export class Followers {
  #size = 0;

  /** How many attempts wait behind another. */
  get size(): number {
    return this.#size;
  }

  bind(held: HeldAttempt, next: HeldAttempt, follower: Follower): void {
    held.next = { held: next, follower };
    next.previous = held;
    this.#size++;
  }

  /** Whether an attempt that waits behind another was taken back from there. */
  takeBack(held: HeldAttempt): boolean {
    const { previous } = held;
    if (previous?.next?.held !== held || !previous.next.follower.withdraw()) return false;
    this.unbind(held);
    return true;
  }

  /** It waits behind no other any more. */
  unbind(held: HeldAttempt): void {
    const { previous } = held;
    if (previous?.next?.held !== held) return;
    previous.next = null;
    held.previous = null;
    this.#size--;
  }
}
