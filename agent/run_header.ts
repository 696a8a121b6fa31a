import type { Assignment } from "./work.ts";
import { isSafeRef } from "./attempt_ref.ts";

/** Who runs an attempt: a process id alone is used again, its start time on the same boot is not. */
export interface LaneIdentity {
  readonly pid: number;
  /** As the system tells it (clock ticks since boot on Linux); compared, never read. */
  readonly startTime: string;
  readonly bootId: string;
}

/** A comment line of `run`, after `# `: enough to take the attempt back without anybody's memory of it. */
export interface RunHeader {
  readonly version: 2;
  readonly assignment: Assignment;
  readonly gpus: readonly number[];
  readonly lane: LaneIdentity;
  /** Directory of the attempt that the lane ends before it begins this one; null if it was fed to an idle lane. */
  readonly after: string | null;
  /** Directory of the cgroup that limits it; null if it has none. */
  readonly cgroup: string | null;
}

export function renderRunHeader(header: RunHeader): string {
  return JSON.stringify(header);
}

/** The header of a `run` file; null if the text is cut off or not ours. */
export function parseRunHeader(text: string): RunHeader | null {
  const start = text.indexOf("\n# {") + 1;
  const end = text.indexOf("\n", start);
  if (start === 0 || end < 0) return null;
  try {
    const header = JSON.parse(text.slice(start + 2, end)) as RunHeader;
    return header.version === 2 && isSafeRef(header.assignment.ref) && Number.isInteger(header.lane.pid)
      ? header
      : null;
  } catch {
    return null;
  }
}
