import type { Resources } from "../../core/job.ts";

/** What a host has: a job's needs in the same three measures. Memory in bytes. */
export interface Capacity {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
}

/** What one task takes; a job without a memory limit reserves none. */
export function needOf({ cpus, memoryBytes, gpus }: Resources): Capacity {
  return { cpus, memoryBytes: memoryBytes ?? 0, gpus };
}

/** Sums of fractions of a CPU are not exact. */
const ROUNDING = 1e-9;

/** Whether a task fits beside what is used. */
export function fits(need: Capacity, used: Capacity, whole: Capacity): boolean {
  return used.cpus + need.cpus <= whole.cpus + ROUNDING &&
    used.memoryBytes + need.memoryBytes <= whole.memoryBytes &&
    used.gpus + need.gpus <= whole.gpus;
}

/** The fullest measure that the task needs, as a share of the host: 1 is full, above it tasks wait on the host. */
export function loadOf(need: Capacity, used: Capacity, whole: Capacity): number {
  return Math.max(
    need.cpus > 0 ? used.cpus / whole.cpus : 0,
    need.memoryBytes > 0 ? used.memoryBytes / whole.memoryBytes : 0,
    need.gpus > 0 ? used.gpus / whole.gpus : 0,
  );
}

export const NOTHING: Capacity = { cpus: 0, memoryBytes: 0, gpus: 0 };
