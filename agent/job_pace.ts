/** Attempts shorter than this are fed ahead, and their starts reported late or never. */
const SHORT_MS = 20;
/** So many attempts of a job are seen before its pace is believed. */
const ENOUGH = 3;
/** Weight of the newest attempt. */
const WEIGHT = 0.2;

/** How long the attempts of each job take of late. */
export class JobPace {
  readonly #shortMs: number;
  readonly #jobs = new Map<string, { meanMs: number; seen: number }>();

  /** `shortMs`: attempts under this mean are short. */
  constructor(shortMs = SHORT_MS) {
    this.#shortMs = shortMs;
  }

  record(jobId: string, ranMs: number): void {
    const pace = this.#jobs.get(jobId);
    if (pace === undefined) this.#jobs.set(jobId, { meanMs: ranMs, seen: 1 });
    else {
      pace.meanMs += (ranMs - pace.meanMs) * WEIGHT;
      pace.seen++;
    }
  }

  isShort(jobId: string): boolean {
    const pace = this.#jobs.get(jobId);
    return pace !== undefined && pace.seen >= ENOUGH && pace.meanMs < this.#shortMs;
  }

  forget(jobId: string): void {
    this.#jobs.delete(jobId);
  }
}
