import type { Assignment } from "./work.ts";
import { attemptKey } from "./attempt_ref.ts";

/** After this long at the head of the line, an attempt that does not fit is passed by no other. */
const PATIENCE_MS = 30_000;

interface JobLine {
  readonly jobId: string;
  items: Assignment[];
  /** Index of the first item that still waits; shifting an array of 100,000 costs. */
  head: number;
  blockedSinceMs: number | null;
}

/**
 * Attempts that wait for room, first come, first served within a job. Where the oldest job's next attempt does not
 * fit, later jobs may pass it, but not for ever.
 */
export class WaitingLine {
  readonly #jobs = new Map<string, JobLine>();
  readonly #keys = new Map<string, Assignment>();

  get size(): number {
    return this.#keys.size;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  values(): Iterable<Assignment> {
    return this.#keys.values();
  }

  push(assignment: Assignment): void {
    const { jobId } = assignment.ref;
    let line = this.#jobs.get(jobId);
    if (line === undefined) {
      this.#jobs.set(jobId, line = { jobId, items: [], head: 0, blockedSinceMs: null });
    }
    line.items.push(assignment);
    this.#keys.set(attemptKey(assignment.ref), assignment);
  }

  /** Takes a waiting attempt out; null if it does not wait. */
  remove(key: string): Assignment | null {
    const assignment = this.#keys.get(key);
    if (assignment === undefined) return null;
    this.#keys.delete(key);
    return assignment;
  }

  /** The next attempt that `take` gives room; null when none fits. */
  next<T>(take: (assignment: Assignment) => T | null, nowMs: number): [Assignment, T] | null {
    for (const line of this.#jobs.values()) {
      const assignment = this.#peek(line);
      if (assignment === null) continue;
      const room = take(assignment);
      if (room !== null) {
        this.#advance(line, assignment);
        return [assignment, room];
      }
      line.blockedSinceMs ??= nowMs;
      if (nowMs - line.blockedSinceMs > PATIENCE_MS) return null;
    }
    return null;
  }

  /** The job's next attempt if `accept` says so. */
  nextOf(jobId: string, accept: (assignment: Assignment) => boolean): Assignment | null {
    const line = this.#jobs.get(jobId);
    if (line === undefined) return null;
    const assignment = this.#peek(line);
    if (assignment === null || !accept(assignment)) return null;
    this.#advance(line, assignment);
    return assignment;
  }

  #peek(line: JobLine): Assignment | null {
    while (line.head < line.items.length) {
      const assignment = line.items[line.head]!;
      if (this.#keys.get(attemptKey(assignment.ref)) === assignment) return assignment;
      line.head++;
    }
    this.#jobs.delete(line.jobId);
    return null;
  }

  #advance(line: JobLine, assignment: Assignment): void {
    line.head++;
    line.blockedSinceMs = null;
    this.#keys.delete(attemptKey(assignment.ref));
    if (line.head === line.items.length) this.#jobs.delete(line.jobId);
    else if (line.head > 1024 && line.head * 2 > line.items.length) {
      line.items = line.items.slice(line.head);
      line.head = 0;
    }
  }
}
