import type { ProcessTable } from "./process_table.ts";

/** Between two looks at the process table. What was seen before costs nothing, so a look is cheap. */
const SWEEP_MS = 250;
/** Between SIGTERM and SIGKILL for a stray: looks. */
const GRACE_LOOKS = 4;
/** A task's name is looked for this often after its end: a child may have been in the middle of its own fork. */
const LOOKS = 2;

export interface StraySweeperParts {
  readonly processes: ProcessTable;
  /** The task a lane runs now by the lane's pid: null for an idle one, undefined for what is no lane. */
  laneTask(pid: number): string | null | undefined;
  /** The task was looked for often enough: nothing of it is left. */
  cleared?(task: string): void;
}

/**
 * Ends children that outlive their task: those whose environment names an ended task, and those left in the session
 * of an idle lane. Looks at most four times a second, only after tasks ended, and reads each process once.
 */
export class StraySweeper {
  readonly #parts: StraySweeperParts;
  readonly #ended = new Map<string, number>();
  /** Processes that are nobody's of ours. */
  #seen = new Set<number>();
  /** Strays that were sent SIGTERM, with the looks since. */
  #told = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(parts: StraySweeperParts) {
    this.#parts = parts;
  }

  /** The task ended; what still carries its name is a stray. */
  taskEnded(task: string): void {
    this.#ended.set(task, LOOKS);
    this.#arm();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** One look at once. Answers how many strays were found. */
  sweep(): number {
    const { processes } = this.#parts;
    const seen = new Set<number>();
    const told = new Map<number, number>();
    for (const pid of processes.pids()) {
      if (this.#seen.has(pid)) {
        seen.add(pid);
        continue;
      }
      const verdict = this.#judge(pid);
      if (verdict === "other") seen.add(pid);
      if (verdict !== "stray") continue;
      const looks = this.#told.get(pid) ?? 0;
      if (looks === 0) processes.signal(pid, "SIGTERM");
      else if (looks >= GRACE_LOOKS) processes.signal(pid, "SIGKILL");
      told.set(pid, looks + 1);
    }
    this.#seen = seen;
    this.#told = told;
    this.#forgetOld(told.size > 0);
    if (this.#ended.size > 0) this.#arm();
    return told.size;
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.sweep();
    }, SWEEP_MS);
  }

  /** `ours`: may become a stray, so it is looked at again. */
  #judge(pid: number): "stray" | "ours" | "other" {
    const { processes, laneTask } = this.#parts;
    if (pid === Deno.pid) return "other";
    if (laneTask(pid) !== undefined) return "ours";
    const task = processes.taskOf(pid);
    if (task !== null && this.#ended.has(task)) return "stray";
    const session = processes.find(pid)?.session;
    const laneRuns = session === undefined ? undefined : laneTask(session);
    if (laneRuns === undefined) return task === null ? "other" : "ours";
    return laneRuns === null ? "stray" : "ours";
  }

  /** While there are strays, their tasks stay known until they are gone. */
  #forgetOld(hasStrays: boolean): void {
    if (hasStrays) return;
    for (const [task, looks] of this.#ended) {
      if (looks <= 1) {
        this.#ended.delete(task);
        this.#parts.cleared?.(task);
      } else this.#ended.set(task, looks - 1);
    }
  }
}
