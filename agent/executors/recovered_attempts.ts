import { endFacts, hasBegun, readExitRecord } from "../keeper/attempt_files.ts";
import { killProcesses } from "../keeper/end_processes.ts";
import type { Ending } from "../keeper/exit_of.ts";
import { exitOf, NO_MEMORY_FACTS, outOfMemory } from "../keeper/exit_of.ts";
import type { MemoryFacts } from "../keeper/exit_of.ts";
import { isForNobody, isUnfinished, withdraw } from "../keeper/guarded_run.ts";
import type { MemoryCgroup } from "../keeper/memory_cgroup.ts";
import { findMemoryCgroup } from "../keeper/memory_cgroup.ts";
import type { Watched } from "../keeper/memory_watch.ts";
import type { ProcessTable } from "../keeper/process_table.ts";
import type { RunHeader } from "../run_header.ts";
import { parseRunHeader } from "../run_header.ts";
import { attemptKey } from "../attempt_ref.ts";
import { readTextOrNull } from "../small_file.ts";
import type { Exit, Launch, RunningAttempt } from "./executor.ts";
import { removeCgroup } from "./remove_cgroup.ts";

/** How often the lane of a former agent is looked for; its exit file is seen at once. */
const LIVENESS_MS = 1000;

/** An attempt found again. `limitBytes` is null where the kernel guards its memory. */
export type RecoveredAttempt = RunningAttempt & Watched;

/** Attempts that a former agent process started, found by their directories. */
export class RecoveredAttempts {
  readonly #processes: ProcessTable;
  readonly #searchPath: string;
  readonly #ended: (task: string) => void;
  readonly #live = new Set<Recovered>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** `searchPath`: the PATH of the login environment. `ended` hears of every task whose end was found. */
  constructor(processes: ProcessTable, searchPath: string, ended: (task: string) => void) {
    this.#processes = processes;
    this.#searchPath = searchPath;
    this.#ended = ended;
  }

  /** Null if it never began and never will. */
  recover(launch: Launch): RecoveredAttempt | null {
    const run = readTextOrNull(`${launch.directory}/run`) ?? "";
    const header = parseRunHeader(run);
    if (header === null) return null;
    // The lane has not come to it, and will pass it by.
    if (header.after !== null && isForNobody(run) && isUnfinished(header.after)) return null;
    const attempt = new Recovered(
      launch,
      header,
      this.#processes,
      this.#searchPath,
      (of) => this.#sameLane(of),
    );
    if (attempt.check()) {
      this.#ended(attempt.key);
      return hasBegun(launch.directory) ? attempt : null;
    }
    this.#live.add(attempt);
    attempt.ended.then(() => {
      this.#live.delete(attempt);
      this.#ended(attempt.key);
    });
    attempt.watch();
    this.#timer ??= setInterval(() => this.#checkAll(), LIVENESS_MS);
    return attempt;
  }

  /** As {@linkcode StraySweeperParts.laneTask}. */
  laneTask(pid: number): string | undefined {
    for (const attempt of this.#live) if (attempt.lanePid === pid) return attempt.key;
    return undefined;
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const attempt of this.#live) attempt.close();
    this.#live.clear();
  }

  #checkAll(): void {
    for (const attempt of this.#live) attempt.check();
    if (this.#live.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #sameLane(of: Recovered): Recovered[] {
    return [...this.#live].filter((attempt) => attempt !== of && attempt.lanePid === of.lanePid);
  }
}

class Recovered implements RecoveredAttempt {
  readonly key: string;
  readonly lanePid: number;
  readonly startedAtMs: number;
  readonly limitBytes: number | null;
  peakBytes: number | null = null;
  readonly ended: Promise<Exit>;
  readonly #settled = Promise.withResolvers<Exit>();
  readonly #launch: Launch;
  readonly #header: RunHeader;
  readonly #processes: ProcessTable;
  readonly #searchPath: string;
  readonly #cgroup: MemoryCgroup | null;
  readonly #othersOf: (attempt: Recovered) => Recovered[];
  #watcher: Deno.FsWatcher | null = null;
  #killTimer: ReturnType<typeof setTimeout> | null = null;
  #ending: Ending | null = null;
  #isOver = false;
  #wasKilled = false;

  constructor(
    launch: Launch,
    header: RunHeader,
    processes: ProcessTable,
    searchPath: string,
    othersOf: (attempt: Recovered) => Recovered[],
  ) {
    this.#launch = launch;
    this.#header = header;
    this.#processes = processes;
    this.#searchPath = searchPath;
    this.#othersOf = othersOf;
    this.#cgroup = header.cgroup === null ? null : findMemoryCgroup(header.cgroup);
    this.key = attemptKey(launch.assignment.ref);
    this.lanePid = header.lane.pid;
    this.startedAtMs = beganAtMs(launch.directory, header.after);
    this.limitBytes = this.#cgroup === null ? launch.assignment.job.memoryBytes : null;
    this.ended = this.#settled.promise;
  }

  get directory(): string {
    return this.#launch.directory;
  }

  /** Whether it is over; settles `ended` then. */
  check(): boolean {
    if (this.#isOver) return true;
    // In this order: a lane that is gone writes no more.
    const isGone = !this.#laneLives();
    const record = this.#wasKilled ? null : readExitRecord(this.directory);
    if (record === null && !isGone) return false;
    if (record === null) killProcesses(this.#processes, null, this.key);
    const memory = this.#memoryFacts();
    this.#settle(exitOf({
      ...endFacts(this.#launch, record, hasBegun(this.directory), this.#searchPath),
      before: null,
      ending: this.#ending,
      memory,
      endedAtMs: record === null ? performance.now() : monotonicMs(`${this.#launch.directory}/exit`),
    }));
    return true;
  }

  async watch(): Promise<void> {
    try {
      this.#watcher = Deno.watchFs(this.#launch.directory, { recursive: false });
      for await (const _ of this.#watcher) if (this.check()) return;
    } catch {
      // No more watches to be had: the look once a second remains.
    }
  }

  end(cause: Ending["cause"], graceSeconds: number, reason: string | null): void {
    if (this.#isOver) return;
    this.#ending ??= { cause, reason };
    if (this.takeBack()) return;
    const others = this.#othersOf(this);
    const before = others.find(({ directory }) => directory === this.#header.after);
    // A signal would meet the one before it.
    if (before !== undefined) return void before.ended.then(() => this.end(cause, graceSeconds, reason));
    for (const other of others) other.takeBack();
    if (this.#killTimer !== null) clearTimeout(this.#killTimer);
    if (graceSeconds <= 0) return this.#kill();
    if (this.#laneLives()) this.#processes.signal(-this.lanePid, "SIGTERM");
    this.#killTimer = setTimeout(() => this.#kill(), graceSeconds * 1000);
  }

  onLimit(usedBytes: number): void {
    this.end("memory", 0, outOfMemory(usedBytes, this.limitBytes));
  }

  /** Ends it without a trace if its lane has not begun it. */
  takeBack(): boolean {
    const { after } = this.#header;
    if (this.#isOver || after === null || !withdraw(this.directory, after)) return false;
    this.#settle(exitOf({
      record: null,
      cannotEnter: false,
      before: null,
      hasBegun: false,
      ending: this.#ending,
      memory: NO_MEMORY_FACTS,
      endedAtMs: performance.now(),
    }));
    return true;
  }

  close(): void {
    if (this.#killTimer !== null) clearTimeout(this.#killTimer);
    try {
      this.#watcher?.close();
    } catch {
      // Closed already.
    }
    this.#watcher = null;
  }

  #kill(): void {
    this.#wasKilled = true;
    killProcesses(this.#processes, this.#laneLives() ? this.lanePid : null, this.key);
    setTimeout(() => this.check(), 50);
  }

  #laneLives(): boolean {
    const { lane } = this.#header;
    return lane.bootId === this.#processes.bootId &&
      this.#processes.find(lane.pid)?.startTime === lane.startTime;
  }

  #memoryFacts(): MemoryFacts {
    if (this.#cgroup === null) return NO_MEMORY_FACTS;
    const { peakBytes, oomKills } = this.#cgroup.read();
    const limitBytes = this.#launch.assignment.job.memoryBytes;
    return { peakBytes, source: this.#cgroup.source, wasOomKilled: oomKills > 0, limitBytes };
  }

  #settle(exit: Exit): void {
    this.#isOver = true;
    this.close();
    if (this.#cgroup !== null) removeCgroup(this.#cgroup, this.#processes);
    this.#settled.resolve(exit);
  }
}

/** `run` is written just before an attempt is fed; one that waited began when the one before it ended. */
function beganAtMs(directory: string, after: string | null): number {
  const fedAtMs = monotonicMs(`${directory}/run`);
  if (after === null || readExitRecord(after) === null) return fedAtMs;
  return Math.max(fedAtMs, monotonicMs(`${after}/exit`));
}

/** When the file was last written, on this process's monotonic clock; now if it cannot be told. */
function monotonicMs(path: string): number {
  try {
    const { mtime } = Deno.statSync(path);
    return mtime === null ? performance.now() : performance.now() - Math.max(0, Date.now() - mtime.getTime());
  } catch {
    return performance.now();
  }
}
