import type { AttemptRef } from "../core/task.ts";
import { refKey } from "../proto/convert.ts";
import type { AttemptEnd, Reporter } from "./work.ts";

/** What is to be said in the next messages. */
export interface Batch {
  readonly started: readonly { readonly ref: AttemptRef; readonly startedAtMs: number }[];
  readonly ends: readonly AttemptEnd[];
  readonly notStarted: readonly Unheld[];
  readonly lost: readonly Unheld[];
}

interface Unheld {
  readonly ref: AttemptRef;
  readonly reason: string;
}

/**
 * What the work reported and the session has not yet settled with the controller. Ends stay until they are
 * acknowledged and are said again in each session; everything else is covered by what the next register holds.
 * Memory only: the attempts' directories are the journal.
 */
export class Outbox implements Reporter {
  /** Called when there is something to say, once until the next {@linkcode take}. A begin can wait for its end. */
  onWaiting: ((what: "begin" | "end") => void) | null = null;
  /** Called when ends were settled, acknowledged or not wanted. */
  onSettled: (() => void) | null = null;
  readonly #unsettled = new Map<string, AttemptEnd>();
  #ends = new Map<string, AttemptEnd>();
  /** Begins not yet said; one that ends before it was said is said by its end alone. */
  #started = new Map<string, { ref: AttemptRef; startedAtMs: number }>();
  #notStarted: Unheld[] = [];
  #lost: Unheld[] = [];
  #hasCalled = false;

  started(ref: AttemptRef, startedAtMs: number): void {
    this.#started.set(refKey(ref), { ref, startedAtMs });
    this.#waiting("begin");
  }

  ended(end: AttemptEnd): void {
    const key = refKey(end.ref);
    this.#unsettled.set(key, end);
    this.#started.delete(key);
    this.#ends.set(key, end);
    this.#waiting("end");
  }

  notStarted(ref: AttemptRef, reason: string): void {
    this.#notStarted.push({ ref, reason });
    this.#waiting("end");
  }

  lost(ref: AttemptRef, reason: string): void {
    this.forget([ref]);
    this.#lost.push({ ref, reason });
    this.#waiting("end");
  }

  /** Whether there is something to say. */
  get isWaiting(): boolean {
    return this.#ends.size + this.#started.size + this.#notStarted.length + this.#lost.length > 0;
  }

  /** Ends that are not acknowledged. */
  get unsettled(): number {
    return this.#unsettled.size;
  }

  /** The unacknowledged end of an attempt. */
  end(ref: AttemptRef): AttemptEnd | null {
    return this.#unsettled.get(refKey(ref)) ?? null;
  }

  /** Puts an end into the next batch, unless it was forgotten meanwhile. */
  say(end: AttemptEnd): void {
    const key = refKey(end.ref);
    if (this.#unsettled.get(key) !== end) return;
    this.#ends.set(key, end);
    this.#waiting("end");
  }

  /** Acknowledged, or wanted by nobody. */
  forget(refs: readonly AttemptRef[]): void {
    for (const ref of refs) {
      const key = refKey(ref);
      this.#unsettled.delete(key);
      this.#ends.delete(key);
      this.#started.delete(key);
    }
    this.onSettled?.();
  }

  /** Attempts whose loss is not yet said: the host answers for them until then. */
  get losses(): readonly AttemptRef[] {
    return this.#lost.map(({ ref }) => ref);
  }

  /** A register says everything up to now but the ends, which are to be said again, and the losses. */
  registering(): void {
    this.#started = new Map();
    this.#notStarted = [];
    this.#ends = new Map(this.#unsettled);
  }

  /** Everything that waits to be said. */
  take(): Batch {
    const batch: Batch = {
      started: Array.from(this.#started.values()),
      ends: Array.from(this.#ends.values()),
      notStarted: this.#notStarted,
      lost: this.#lost,
    };
    this.#started = new Map();
    this.#notStarted = [];
    this.#lost = [];
    this.#ends = new Map();
    this.#hasCalled = false;
    return batch;
  }

  #waiting(what: "begin" | "end"): void {
    if (this.#hasCalled || this.onWaiting === null) return;
    this.#hasCalled = true;
    this.onWaiting(what);
  }
}
