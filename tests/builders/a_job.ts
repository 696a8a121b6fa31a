import type { Counts, Job, JobSpec } from "../../core/job.ts";

export function aSpec(overrides: Partial<JobSpec> = {}): JobSpec {
  return {
    name: "words",
    kind: "batch",
    command: { argv: ["wc", "-w", "{file}"] },
    columns: ["file"],
    total: 2,
    resources: { cpus: 1, memoryBytes: null, gpus: 0 },
    env: {},
    directory: { kind: "fresh" },
    results: null,
    retries: 0,
    timeoutSeconds: null,
    on: null,
    after: [],
    requeueAfterSeconds: 300,
    labels: {},
    ...overrides,
  };
}

export function someCounts(counts: Partial<Counts> = {}): Counts {
  return { pending: 0, claimed: 0, running: 0, complete: 0, failed: 0, killed: 0, ...counts };
}

export function aJob(
  { spec, ...overrides }: Partial<Omit<Job, "spec">> & { spec?: Partial<JobSpec> } = {},
): Job {
  return {
    id: "job1",
    spec: aSpec(spec),
    counts: someCounts({ pending: 2 }),
    createdAt: 1_000,
    startedAt: null,
    endedAt: null,
    ...overrides,
  };
}
