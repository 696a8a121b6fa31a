import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Assignment, AttemptEnd, Work } from "../../agent/work.ts";
import { MusterError } from "../../core/errors.ts";
import type { AttemptRef } from "../../core/task.ts";

/** Work that records what it is told and does nothing by itself. */
export class RecordingWork implements Work {
  readonly assignments: Assignment[] = [];
  readonly kills: { readonly refs: readonly AttemptRef[]; readonly graceSeconds: number }[] = [];
  readonly acks: AttemptRef[] = [];
  readonly incompletes: { readonly ref: AttemptRef; readonly sha256: readonly string[] }[] = [];
  readonly drops: AttemptRef[] = [];
  readonly paths = new Map<string, string>();
  holds: ReturnType<Work["held"]> = [];
  refusing: string | null = null;
  log: Work["openLog"] = (ref) =>
    Promise.reject(new MusterError("NotFound", `Attempt ${ref.index} is not on this host`));
  onAssign: ((assignments: readonly Assignment[]) => void) | null = null;

  held() {
    return this.holds;
  }
  assign(assignments: readonly Assignment[]): void {
    this.assignments.push(...assignments);
    this.onAssign?.(assignments);
  }
  kill(refs: readonly AttemptRef[], graceSeconds: number): void {
    this.kills.push({ refs, graceSeconds });
  }
  acknowledged(refs: readonly AttemptRef[]): void {
    this.acks.push(...refs);
  }
  incomplete(ref: AttemptRef, sha256: readonly string[]): void {
    this.incompletes.push({ ref, sha256 });
  }
  drop(refs: readonly AttemptRef[]): void {
    this.drops.push(...refs);
  }
  openLog(...args: Parameters<Work["openLog"]>): ReturnType<Work["openLog"]> {
    return this.log(...args);
  }
  blobPath(sha256: string): string | null {
    return this.paths.get(sha256) ?? null;
  }
}

export function aRef(index = 1, attempt = 1): AttemptRef {
  return { jobId: "job1", index, attempt };
}

export function sha256Of(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** An end by exit 0 without output. */
export function anEnd(overrides: Partial<AttemptEnd> & { readonly output?: Uint8Array } = {}): AttemptEnd {
  const { output = new Uint8Array(0), ...rest } = overrides;
  return {
    ref: aRef(),
    epoch: 1,
    cause: "exit",
    exitCode: 0,
    reason: null,
    endedAtMs: performance.now(),
    ranMs: 5,
    result: {
      output: { size: output.length, sha256: sha256Of(output) },
      files: [],
      usage: { userCpuSeconds: null, systemCpuSeconds: null, maxMemoryBytes: null, source: null },
    },
    inline: output.length === 0 || output.length > 16_384 ? new Map() : new Map([[sha256Of(output), output]]),
    ...rest,
  };
}

export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}
