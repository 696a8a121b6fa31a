import type { Job, JobSpec } from "../../core/job.ts";
import { emptyCounts } from "../../core/job_state.ts";

/** A batch of ten tasks of `true`. */
export function aSpec(overrides: Partial<JobSpec> = {}): JobSpec {
  return {
    name: "words",
    kind: "batch",
    command: { argv: ["true"] },
    columns: [],
    total: 10,
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

export function aJob(overrides: Partial<Job> = {}): Job {
  const spec = overrides.spec ?? aSpec();
  return {
    id: "j0000000001",
    spec,
    counts: { ...emptyCounts(), pending: spec.total },
    createdAt: Date.UTC(2026, 0, 1),
    startedAt: null,
    endedAt: null,
    ...overrides,
  };
}
