import type { HeldAttempt } from "./held_attempt.ts";
import type { NamedTimers } from "./named_timers.ts";
import type { Reporter } from "./work.ts";

/** Starts of short attempts are told after this, if they have not ended by then. */
const LATE_START_MS = 50;

/** Tells the reporter; what happens before there is one is told when it comes. */
export class Reports {
  readonly #timers: NamedTimers;
  readonly #untold: ((reporter: Reporter) => void)[] = [];
  #reporter: Reporter | null = null;
  #isClosed = false;
  #lateStarts: HeldAttempt[] = [];

  constructor(timers: NamedTimers) {
    this.#timers = timers;
  }

  attach(reporter: Reporter): void {
    this.#reporter = reporter;
    for (const what of this.#untold.splice(0)) what(reporter);
  }

  tell(what: (reporter: Reporter) => void): void {
    if (this.#reporter !== null) what(this.#reporter);
    else if (!this.#isClosed) this.#untold.push(what);
  }

  /** The start of a short attempt is left out if its end comes soon: half of what there is to say. */
  started(held: HeldAttempt, isShort: boolean): void {
    if (!isShort) return this.#tellStarted(held);
    this.#lateStarts.push(held);
    this.#timers.later("starts", LATE_START_MS, () => {
      const late = this.#lateStarts;
      this.#lateStarts = [];
      for (const begun of late) if (!begun.isOver) this.#tellStarted(begun);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#reporter = null;
  }

  #tellStarted({ assignment, running, isDropped }: HeldAttempt): void {
    if (running !== null && !isDropped) this.tell((to) => to.started(assignment.ref, running.startedAtMs));
  }
}
