import type { AttemptDirectories } from "./attempt_directories.ts";
import { HeldAttempt } from "./held_attempt.ts";
import type { NamedTimers } from "./named_timers.ts";

/** What is kept of a job of which nothing is held goes after this. */
const JOB_MEMORY_MS = 30_000;

export interface HoldingsParts {
  /** Null where attempts leave nothing on disk. */
  readonly directories: AttemptDirectories | null;
  readonly timers: NamedTimers;
  /** Nothing of this job has been held for a while. */
  forgotten(jobId: string): void;
}

/** The attempts this host holds, with their directories. */
export class Holdings {
  readonly #parts: HoldingsParts;
  readonly #held = new Map<string, HeldAttempt>();
  readonly #jobCounts = new Map<string, number>();
  /** Jobs of which nothing is held; forgotten if it stays so. */
  readonly #emptyJobs = new Set<string>();

  constructor(parts: HoldingsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#held.size;
  }

  get(key: string): HeldAttempt | undefined {
    return this.#held.get(key);
  }

  /** Whether this very attempt is held still. */
  has(held: HeldAttempt): boolean {
    return this.#held.get(held.key) === held;
  }

  values(): Iterable<HeldAttempt> {
    return this.#held.values();
  }

  /** Where a blob of an ended attempt lies; null if it is none of theirs. */
  blobPath(sha256: string): string | null {
    for (const { paths } of this.#held.values()) {
      const path = paths.get(sha256);
      if (path !== undefined) return path;
    }
    return null;
  }

  add(held: HeldAttempt): HeldAttempt {
    const { ref } = held.assignment;
    this.#held.set(held.key, held);
    this.#jobCounts.set(ref.jobId, (this.#jobCounts.get(ref.jobId) ?? 0) + 1);
    this.#parts.directories?.keep(ref);
    return held;
  }

  /** Takes {@linkcode add} back; its directory stays. */
  release(held: HeldAttempt): void {
    if (!this.has(held)) return;
    this.#held.delete(held.key);
    this.#parts.directories?.release(held.assignment.ref);
    this.#countDown(held.assignment.ref.jobId);
  }

  /** Its directory goes too. */
  forget(held: HeldAttempt): void {
    if (!this.has(held)) return;
    this.#held.delete(held.key);
    this.#parts.directories?.forget(held.assignment.ref, held.bytes, held.isClean);
    this.#countDown(held.assignment.ref.jobId);
  }

  #countDown(jobId: string): void {
    const left = (this.#jobCounts.get(jobId) ?? 1) - 1;
    if (left > 0) {
      this.#jobCounts.set(jobId, left);
      return;
    }
    this.#jobCounts.delete(jobId);
    this.#emptyJobs.add(jobId);
    this.#parts.timers.later("jobs", JOB_MEMORY_MS, () => this.#forgetJobs());
  }

  #forgetJobs(): void {
    for (const jobId of this.#emptyJobs) {
      if (this.#jobCounts.has(jobId)) continue;
      this.#parts.forgotten(jobId);
      this.#parts.directories?.forgetJob(jobId);
    }
    this.#emptyJobs.clear();
  }
}
