import { MusterError } from "../../core/errors.ts";
import type { Log } from "../../system/log.ts";
import { endFacts, hasBegun, readExitRecord, readExitState } from "../keeper/attempt_files.ts";
import { killProcesses } from "../keeper/end_processes.ts";
import type { Ending } from "../keeper/exit_of.ts";
import { exitOf, NO_MEMORY_FACTS, outOfMemory } from "../keeper/exit_of.ts";
import type { MemoryFacts } from "../keeper/exit_of.ts";
import type { ExitRecord } from "../keeper/exit_record.ts";
import { withdraw } from "../keeper/guarded_run.ts";
import { Lane } from "../keeper/lane.ts";
import type { LaneEvents } from "../keeper/lane.ts";
import type { MemoryCgroup, MemoryLimiter } from "../keeper/memory_cgroup.ts";
import { MemoryWatch } from "../keeper/memory_watch.ts";
import type { ProcessTable } from "../keeper/process_table.ts";
import { StraySweeper } from "../keeper/stray_sweeper.ts";
import type { RunHeader } from "../run_header.ts";
import { exists } from "../small_file.ts";
import type { Executor, Follower, Launch, RunningAttempt } from "./executor.ts";
import { LaneAttempt } from "./lane_attempt.ts";
import { writeRunScript } from "./write_run_script.ts";
import { RecoveredAttempts } from "./recovered_attempts.ts";
import { removeCgroup } from "./remove_cgroup.ts";

/** An idle lane beyond these ends after a minute without work. */
const IDLE_LANES_KEPT = 2;
const IDLE_LANE_MS = 60_000;
/** A lane that was fed so long ago has forked. */
const FORK_MS = 1000;
/** When SIGTERM is sent again to one that may not have. */
const AGAIN_MS = [200, 1000];

export interface ProcessExecutorParts {
  readonly processes: ProcessTable;
  /** What every task inherits: the login environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Null: memory is watched instead. */
  readonly limiter: MemoryLimiter | null;
  /** Makes the directory of an attempt with `work/` and `tmp/`. Throws where the disk does not allow it. */
  readonly makeDirectory: (launch: Launch) => void;
  /** No process of this task is left. */
  readonly cleared?: (task: string) => void;
  readonly log: Log;
}

/** A lane and what it was fed, oldest first. */
interface Slot {
  readonly lane: Lane;
  readonly line: LaneAttempt[];
  readonly cgroup: MemoryCgroup | null;
  /** The lane's CPU seconds when its present attempt began. */
  before: Pick<ExitRecord, "userCpuSeconds" | "systemCpuSeconds">;
  idleSinceMs: number;
}

/** Runs attempts as processes on lanes (see keeper/lane_script.ts). */
export class ProcessExecutor implements Executor, LaneEvents {
  readonly keepsFiles = true;
  readonly #parts: ProcessExecutorParts;
  readonly #slots = new Map<number, Slot>();
  readonly #idle: Slot[] = [];
  /** Directories of attempts taken back from a lane, which will come by there. */
  readonly #withdrawn = new Set<string>();
  readonly #watch: MemoryWatch;
  readonly #sweeper: StraySweeper;
  readonly #recovered: RecoveredAttempts;
  readonly #searchPath: string;
  #idleTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(parts: ProcessExecutorParts) {
    this.#parts = parts;
    this.#watch = new MemoryWatch(parts.processes);
    this.#sweeper = new StraySweeper({
      processes: parts.processes,
      laneTask: (pid) => this.#laneTask(pid),
      ...(parts.cleared === undefined ? {} : { cleared: parts.cleared }),
    });
    this.#searchPath = parts.environment["PATH"] ?? "";
    this.#recovered = new RecoveredAttempts(
      parts.processes,
      this.#searchPath,
      (task) => this.#sweeper.taskEnded(task),
    );
  }

  start(launch: Launch): Promise<RunningAttempt> {
    try {
      const { memoryBytes } = launch.assignment.job;
      const slot = memoryBytes === null
        ? this.#idle.pop() ?? this.#openSlot(null)
        : this.#openSlot(memoryBytes);
      return Promise.resolve(this.#startOn(slot, launch));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  follow(running: RunningAttempt, launch: Launch): Follower | null {
    if (!(running instanceof LaneAttempt)) return null;
    const slot = this.#slots.get(running.lanePid);
    if (slot === undefined || slot.lane.isRetired || slot.line.length !== 1 || slot.line[0] !== running) {
      return null;
    }
    if (launch.assignment.job.memoryBytes !== null || this.#withdrawn.has(launch.directory)) return null;
    try {
      this.#prepare(launch, slot.lane, { after: running.launch.directory, cgroup: null });
    } catch {
      // The attempt's own start will say what is wrong.
      return null;
    }
    const attempt = this.#newAttempt(slot, launch);
    slot.line.push(attempt);
    slot.lane.feed(launch.directory);
    return { began: attempt.began, withdraw: () => this.#withdraw(attempt, running) };
  }

  recover(launch: Launch): Promise<RunningAttempt | null> {
    const attempt = this.#recovered.recover(launch);
    if (attempt?.limitBytes != null) {
      this.#watch.add(attempt);
      attempt.ended.then(() => this.#watch.delete(attempt));
    }
    return Promise.resolve(attempt);
  }

  async close(): Promise<void> {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#sweeper.stop();
    this.#watch.stop();
    this.#recovered.close();
    await Promise.all([...this.#slots.values()].map(({ lane }) => lane.forget()));
  }

  report(lane: Lane, hasRun: boolean): void {
    const slot = this.#slots.get(lane.pid);
    const attempt = slot?.line.shift();
    if (slot === undefined || attempt === undefined) return;
    const nowMs = performance.now();
    const next = slot.line[0];
    if (next === undefined) this.#rest(slot, nowMs);
    else if (!next.isWithdrawn) this.#begin(next, nowMs);
    if (attempt.isWithdrawn || attempt.isOver) return;
    this.#finish(slot, attempt, hasRun, nowMs);
  }

  gone(lane: Lane): void {
    const slot = this.#slots.get(lane.pid);
    if (slot === undefined) return;
    this.#slots.delete(lane.pid);
    const index = this.#idle.indexOf(slot);
    if (index >= 0) this.#idle.splice(index, 1);
    const nowMs = performance.now();
    for (const attempt of slot.line.splice(0)) {
      if (attempt.isWithdrawn || attempt.isOver) continue;
      const hasRun = hasBegun(attempt.launch.directory);
      if (!attempt.hasBegun && !hasRun) {
        attempt.refuse(new MusterError("Internal", "Cannot begin the attempt: its lane ended before it"));
        continue;
      }
      if (!attempt.hasBegun) this.#begin(attempt, nowMs);
      // Its processes outlived the lane: ended before the next attempt can begin beside them.
      if (readExitRecord(attempt.launch.directory) === null) {
        killProcesses(this.#parts.processes, null, attempt.key);
      }
      this.#finish(slot, attempt, hasRun, nowMs);
    }
    if (slot.cgroup !== null) removeCgroup(slot.cgroup, this.#parts.processes);
  }

  #startOn(slot: Slot, launch: Launch): LaneAttempt {
    try {
      this.#prepare(launch, slot.lane, { after: null, cgroup: slot.cgroup?.path ?? null });
    } catch (error) {
      if (launch.assignment.job.memoryBytes === null) this.#rest(slot, performance.now());
      else slot.lane.retire();
      throw error;
    }
    const attempt = this.#newAttempt(slot, launch);
    slot.line.push(attempt);
    this.#begin(attempt, performance.now());
    slot.lane.feed(launch.directory);
    // A lane with a limit serves one attempt: version 2 cannot set a peak back.
    if (launch.assignment.job.memoryBytes !== null) slot.lane.retire();
    return attempt;
  }

  #prepare(launch: Launch, lane: Lane, place: Pick<RunHeader, "after" | "cgroup">): void {
    // One that was taken back from a lane has its directory, unless it was dropped and given out anew.
    const isThere = this.#withdrawn.delete(launch.directory) && exists(launch.directory);
    if (!isThere) this.#parts.makeDirectory(launch);
    writeRunScript(launch, lane.identity, place);
  }

  #openSlot(memoryBytes: number | null): Slot {
    const { environment, processes, limiter } = this.#parts;
    const lane = new Lane(environment, processes, this);
    const slot: Slot = {
      lane,
      line: [],
      cgroup: memoryBytes === null ? null : limiter?.limit(lane.pid, memoryBytes) ?? null,
      before: { userCpuSeconds: 0, systemCpuSeconds: 0 },
      idleSinceMs: 0,
    };
    this.#slots.set(lane.pid, slot);
    return slot;
  }

  #newAttempt(slot: Slot, launch: Launch): LaneAttempt {
    const limit = slot.cgroup === null ? launch.assignment.job.memoryBytes : null;
    return new LaneAttempt(
      launch,
      slot.lane.pid,
      limit,
      (attempt, ending, grace) => this.#end(attempt, ending, grace),
    );
  }

  #begin(attempt: LaneAttempt, nowMs: number): void {
    attempt.begin(nowMs);
    this.#watch.add(attempt);
  }

  #finish(slot: Slot, attempt: LaneAttempt, hasRun: boolean, endedAtMs: number): void {
    this.#watch.delete(attempt);
    this.#sweeper.taskEnded(attempt.key);
    const record = hasRun && !attempt.wasKilled ? readExitRecord(attempt.launch.directory) : null;
    const memory = memoryFacts(slot, attempt);
    const exit = exitOf({
      ...endFacts(attempt.launch, record, hasRun, this.#searchPath),
      before: slot.before,
      ending: describeEnding(attempt, memory),
      memory,
      endedAtMs,
    });
    if (record !== null) slot.before = record;
    attempt.settle(exit);
  }

  #withdraw(attempt: LaneAttempt, before: LaneAttempt): boolean {
    if (attempt.isOver || attempt.hasBegun || attempt.isWithdrawn) return false;
    if (!withdraw(attempt.launch.directory, before.launch.directory)) return false;
    attempt.isWithdrawn = true;
    this.#withdrawn.add(attempt.launch.directory);
    return true;
  }

  #end(attempt: LaneAttempt, ending: Ending, graceSeconds: number): void {
    const slot = this.#slots.get(attempt.lanePid);
    if (attempt.isOver || slot === undefined) return;
    attempt.ending ??= ending;
    for (const other of slot.line) {
      if (other === attempt || other.isWithdrawn) continue;
      if (this.#withdraw(other, attempt)) {
        other.refuse(new MusterError("Internal", "Cannot begin the attempt: its lane was ended"));
      } else if (readExitState(attempt.launch.directory) === "ended") {
        // By itself: a signal would meet the other. Its lane's report is on the way.
        return;
      }
    }
    slot.lane.retire();
    attempt.clearTimers();
    const kill = () => {
      attempt.wasKilled = true;
      killProcesses(this.#parts.processes, attempt.lanePid, attempt.key);
    };
    if (graceSeconds <= 0) return kill();
    this.#terminate(attempt);
    attempt.killTimer = setTimeout(kill, graceSeconds * 1000);
  }

  /**
   * SIGTERM to all of it. The lane itself catches the signal, so one that comes before it forked is lost: for an attempt
   * that just began it comes again.
   */
  #terminate(attempt: LaneAttempt): void {
    const signal = () => this.#parts.processes.signal(-attempt.lanePid, "SIGTERM");
    signal();
    if (performance.now() - attempt.startedAtMs > FORK_MS) return;
    attempt.again = AGAIN_MS.map((ms) => setTimeout(signal, ms));
  }

  #rest(slot: Slot, nowMs: number): void {
    if (slot.lane.isRetired) return;
    slot.idleSinceMs = nowMs;
    this.#idle.push(slot);
    if (this.#idle.length > IDLE_LANES_KEPT) {
      this.#idleTimer ??= setTimeout(() => this.#retireIdle(), IDLE_LANE_MS);
    }
  }

  /** The lanes used last stay: `start` takes from the end. */
  #retireIdle(): void {
    this.#idleTimer = null;
    const sinceMs = performance.now() - IDLE_LANE_MS / 2;
    while (this.#idle.length > IDLE_LANES_KEPT && this.#idle[0]!.idleSinceMs < sinceMs) {
      this.#idle.shift()!.lane.retire();
    }
    if (this.#idle.length > IDLE_LANES_KEPT) {
      this.#idleTimer = setTimeout(() => this.#retireIdle(), IDLE_LANE_MS);
    }
  }

  #laneTask(pid: number): string | null | undefined {
    const slot = this.#slots.get(pid);
    return slot === undefined ? this.#recovered.laneTask(pid) : slot.line[0]?.key ?? null;
  }
}

function memoryFacts(slot: Slot, attempt: LaneAttempt): MemoryFacts {
  const limitBytes = attempt.launch.assignment.job.memoryBytes;
  if (slot.cgroup !== null) {
    const { peakBytes, oomKills } = slot.cgroup.read();
    return { peakBytes, source: slot.cgroup.source, wasOomKilled: oomKills > 0, limitBytes };
  }
  if (attempt.peakBytes === null) return NO_MEMORY_FACTS;
  return { peakBytes: attempt.peakBytes, source: "sampling", wasOomKilled: false, limitBytes };
}

function describeEnding(attempt: LaneAttempt, memory: MemoryFacts): Ending | null {
  const { ending } = attempt;
  if (ending?.cause !== "memory" || ending.reason !== null) return ending;
  return { cause: "memory", reason: outOfMemory(memory.peakBytes, memory.limitBytes) };
}
