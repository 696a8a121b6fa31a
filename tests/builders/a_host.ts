import type { HostRecord } from "../../controller/api/parts.ts";
import type { ConnectedHost } from "../../controller/hosts/fleet.ts";
import type { Gpu, HostFacts } from "../../core/host.ts";

/** One that shares the machine's memory. */
export const A_GPU: Gpu = { index: 0, model: "GB10", memoryBytes: null, uuid: "GPU-1", driver: "580" };

/** Facts of a Linux machine with four CPUs and 16 GiB. */
export function someFacts(overrides: Partial<HostFacts> = {}): HostFacts {
  return {
    hostname: "alpha",
    platform: "linux-x64",
    cpus: 4,
    memoryBytes: 16 * 1024 ** 3,
    disk: { freeBytes: 100e9, totalBytes: 200e9 },
    gpus: [],
    bootId: "boot-1",
    machineId: "machine-1",
    os: "Debian 13",
    kernel: "6.12",
    ...overrides,
  };
}

/** A connected host that takes work; its name is its id unless given. */
export function aHost(overrides: Partial<ConnectedHost> & { cpus?: number } = {}): ConnectedHost {
  const { cpus = 4, ...rest } = overrides;
  return {
    id: "alpha",
    name: rest.id ?? "alpha",
    facts: someFacts({ cpus }),
    labels: {},
    draining: false,
    refusing: null,
    ...rest,
  };
}

/** A ready host as the API reads it; no sample came yet. */
export function aHostRecord(overrides: Partial<HostRecord> = {}): HostRecord {
  return {
    id: "h1",
    name: "spark-1",
    state: "ready",
    facts: someFacts(),
    labels: {},
    agentVersion: "0.1.0",
    lastSeenAt: 5,
    refusing: null,
    sample: null,
    ...overrides,
  };
}
