import type { Instant } from "./time.ts";

/** `away`: no session; `draining`: finishes what it has; `lost`: given up until it returns; `removed`: may not return. */
export type HostState = "ready" | "away" | "draining" | "lost" | "removed";

/** One accelerator as the host's own tools describe it. */
export interface Gpu {
  readonly index: number;
  readonly model: string;
  /** Bytes; null where the tool says `[N/A]` (unified memory). */
  readonly memoryBytes: number | null;
  readonly uuid: string | null;
  readonly driver: string | null;
}

/** What a host says of itself at register. Figures that were not measured are null. */
export interface HostFacts {
  readonly hostname: string;
  /** `linux-x64`, `linux-arm64`, `macos-arm64`. */
  readonly platform: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Free and total bytes of the file system that holds the tasks. */
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | null;
  readonly gpus: readonly Gpu[];
  readonly bootId: string;
  readonly machineId: string | null;
  readonly os: string | null;
  readonly kernel: string | null;
}

/** A machine of the fleet. */
export interface Host {
  readonly id: string;
  readonly name: string;
  readonly state: HostState;
  readonly facts: HostFacts;
  readonly labels: Readonly<Record<string, string>>;
  readonly agentVersion: string;
  readonly lastSeenAt: Instant | null;
}

/** What a host uses now. */
export interface HostSample {
  /** CPUs busy, 0 to the number of CPUs. */
  readonly cpuUsed: number;
  readonly memoryUsedBytes: number;
  readonly gpus: readonly {
    readonly index: number;
    /** 0 to 1; null where the tool does not say. */
    readonly utilization: number | null;
    readonly memoryUsedBytes: number | null;
  }[];
}

/** A sample, and when it came by the controller's clock. */
export interface TakenSample extends HostSample {
  readonly at: Instant;
}
