import type { EndCause } from "../../core/task.ts";
import type { Usage } from "../../core/result.ts";
import type { Exit } from "../executors/executor.ts";
import type { ExitRecord } from "./exit_record.ts";

/** Why an attempt was told to end. */
export interface Ending {
  readonly cause: Exclude<EndCause, "exit">;
  readonly reason: string | null;
}

/** All that is known when an attempt's process is gone. */
export interface EndFacts {
  /** Null: the lane wrote none, or not all of it. */
  readonly record: ExitRecord | null;
  /** The lane's record before this attempt; null if it is not known. */
  readonly before: Pick<ExitRecord, "userCpuSeconds" | "systemCpuSeconds"> | null;
  readonly hasBegun: boolean;
  /** The directory to run in could not be entered; the command was not tried. */
  readonly cannotEnter: boolean;
  readonly ending: Ending | null;
  readonly memory: MemoryFacts;
  readonly endedAtMs: number;
}

export interface MemoryFacts {
  readonly peakBytes: number | null;
  /** `cgroup2`, `cgroup1`, `sampling`; null: not measured. */
  readonly source: string | null;
  /** The kernel killed something of it for want of memory. */
  readonly wasOomKilled: boolean;
  readonly limitBytes: number | null;
}

export const NO_MEMORY_FACTS: MemoryFacts = {
  peakBytes: null,
  source: null,
  wasOomKilled: false,
  limitBytes: null,
};

/** How the attempt ended. A missing record is never exit code 0: unless we ended it, its status is lost. */
export function exitOf(facts: EndFacts): Exit {
  const { record, ending, endedAtMs, hasBegun } = facts;
  const usage = usageOf(facts);
  const exitCode = record?.exitCode ?? null;
  if (ending !== null) {
    return {
      cause: ending.cause,
      exitCode,
      isLost: false,
      hasBegun: true,
      reason: ending.reason,
      endedAtMs,
      usage,
    };
  }
  if (facts.cannotEnter) {
    const reason = "the directory to run in cannot be entered";
    return { cause: "exit", exitCode: null, isLost: true, hasBegun: true, reason, endedAtMs, usage };
  }
  const { memory } = facts;
  if (memory.wasOomKilled && exitCode !== 0) {
    const reason = outOfMemory(memory.peakBytes, memory.limitBytes);
    return { cause: "memory", exitCode, isLost: false, hasBegun: true, reason, endedAtMs, usage };
  }
  if (record === null) {
    const reason = hasBegun ? "exit status lost" : "the attempt's process could not be started";
    return { cause: "exit", exitCode, isLost: true, hasBegun, reason, endedAtMs, usage };
  }
  return { cause: "exit", exitCode, isLost: false, hasBegun: true, reason: null, endedAtMs, usage };
}

function usageOf({ record, before, memory }: EndFacts): Usage {
  const isMeasured = record !== null && before !== null;
  const sources = [isMeasured ? "times" : null, memory.source].filter((source) => source !== null);
  return {
    userCpuSeconds: isMeasured ? elapsed(record.userCpuSeconds, before.userCpuSeconds) : null,
    systemCpuSeconds: isMeasured ? elapsed(record.systemCpuSeconds, before.systemCpuSeconds) : null,
    maxMemoryBytes: memory.peakBytes,
    source: sources.length === 0 ? null : sources.join(", "),
  };
}

/** Microseconds are what the best shells print; more digits are floating-point noise. */
function elapsed(after: number, before: number): number {
  return Math.max(0, Math.round((after - before) * 1e6) / 1e6);
}

/** `out of memory: used 3.9 of 4 GiB`. */
export function outOfMemory(usedBytes: number | null, limitBytes: number | null): string {
  if (limitBytes === null) return "out of memory";
  const [unit, divisor] = limitBytes >= 2 ** 30 ? ["GiB", 2 ** 30] as const : ["MiB", 2 ** 20] as const;
  const limit = oneDigit(limitBytes / divisor);
  return usedBytes === null
    ? `out of memory: the limit is ${limit} ${unit}`
    : `out of memory: used ${oneDigit(usedBytes / divisor)} of ${limit} ${unit}`;
}

function oneDigit(value: number): string {
  return String(Number(value.toFixed(1)));
}
