import type { ProcessTable } from "./process_table.ts";
import type { ProcessEntry } from "./parse_processes.ts";

/** How often memory is summed: with limits to guard, and merely to know the peak. */
const GUARD_MS = 250;
const SAMPLE_MS = 1000;

/** An attempt whose memory is summed. */
export interface Watched {
  /** Its lane: the leader of its session. */
  readonly lanePid: number;
  readonly startedAtMs: number;
  /** Guarded here; null: no limit, or the kernel guards it. */
  readonly limitBytes: number | null;
  /** Highest sum seen; null before the first sample. */
  peakBytes: number | null;
  onLimit(usedBytes: number): void;
}

/** Sums resident memory by session and its descendants; the peak of attempts shorter than a second stays unknown. */
export class MemoryWatch {
  readonly #processes: ProcessTable;
  readonly #watched = new Set<Watched>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(processes: ProcessTable) {
    this.#processes = processes;
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
    if (this.#timer === null) this.#arm(watched.limitBytes !== null);
    else if (watched.limitBytes !== null) {
      clearTimeout(this.#timer);
      this.#arm(true);
    }
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#watched.clear();
  }

  #arm(guards: boolean): void {
    this.#timer = setTimeout(() => this.#tick(), guards ? GUARD_MS : SAMPLE_MS);
  }

  #tick(): void {
    this.#timer = null;
    const due = this.#due();
    if (due.size > 0) this.#sample(due);
    if (this.#watched.size > 0) this.#arm([...this.#watched].some(({ limitBytes }) => limitBytes !== null));
  }

  #due(): Map<number, Watched> {
    const youngest = performance.now() - SAMPLE_MS;
    const due = new Map<number, Watched>();
    for (const watched of this.#watched) {
      if (watched.limitBytes !== null || watched.startedAtMs < youngest) due.set(watched.lanePid, watched);
    }
    return due;
  }

  #sample(due: ReadonlyMap<number, Watched>): void {
    const sums = sumByLane(this.#processes.list(), due);
    for (const [pid, watched] of due) {
      const used = sums.get(pid) ?? 0;
      watched.peakBytes = Math.max(watched.peakBytes ?? 0, used);
      if (watched.limitBytes !== null && used > watched.limitBytes) watched.onLimit(used);
    }
  }
}

/** Resident bytes of each lane's session and of descendants that left it; the lane itself is not counted. */
export function sumByLane(
  entries: readonly ProcessEntry[],
  lanes: { has(pid: number): boolean },
): Map<number, number> {
  const byPid = new Map(entries.map((entry) => [entry.pid, entry]));
  const sums = new Map<number, number>();
  for (const entry of entries) {
    if (lanes.has(entry.pid)) continue;
    const lane = laneOf(entry, byPid, lanes);
    if (lane !== null) sums.set(lane, (sums.get(lane) ?? 0) + entry.rssBytes);
  }
  return sums;
}

function laneOf(
  entry: ProcessEntry,
  byPid: ReadonlyMap<number, ProcessEntry>,
  lanes: { has(pid: number): boolean },
): number | null {
  let at: ProcessEntry | undefined = entry;
  // A process table read while it changes may seem to hold a circle.
  for (let depth = 0; at !== undefined && depth < 64; depth++) {
    if (lanes.has(at.session)) return at.session;
    if (lanes.has(at.pid)) return at.pid;
    at = byPid.get(at.parent);
  }
  return null;
}
