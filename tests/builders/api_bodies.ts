import type { HostBody, HostSampleBody, StatusBody, TokenBody } from "../../core/api/fleet.ts";
import type { AttemptBody, JobBody, JobDetailBody, TaskBody, TaskDetailBody } from "../../core/api/jobs.ts";

/** A running job of 17 tasks as the API tells it. */
export function aJobBody(over: Partial<JobBody> = {}): JobBody {
  return {
    id: "jabc",
    name: "words",
    kind: "batch",
    state: "running",
    total: 17,
    counts: { pending: 3, claimed: 0, running: 2, complete: 11, failed: 1, killed: 0 },
    created_at: "2026-01-02T03:00:00.000Z",
    started_at: "2026-01-02T03:00:01.000Z",
    ended_at: null,
    command: { argv: ["wc", "-w", "{file}"] },
    labels: {},
    waiting_for: null,
    ...over,
  };
}

/** The same, ended with every task complete. */
export function aCompleteJob(over: Partial<JobBody> = {}): JobBody {
  return aJobBody({
    state: "complete",
    counts: { pending: 0, claimed: 0, running: 0, complete: 17, failed: 0, killed: 0 },
    ended_at: "2026-01-02T03:00:05.000Z",
    ...over,
  });
}

/** The same, ended with two failures. */
export function aFailedJob(over: Partial<JobBody> = {}): JobBody {
  return aJobBody({
    state: "failed",
    counts: { pending: 0, claimed: 0, running: 0, complete: 15, failed: 2, killed: 0 },
    ended_at: "2026-01-02T03:00:05.000Z",
    ...over,
  });
}

export function aJobDetail(over: Partial<JobDetailBody> = {}): JobDetailBody {
  return {
    ...aJobBody(),
    columns: ["file"],
    retries: 0,
    timeout: null,
    cpus: 1,
    memory: null,
    gpus: 0,
    env: {},
    directory: null,
    results: null,
    on: null,
    after: [],
    hosts: ["spark-1"],
    ...over,
  };
}

export function aTaskBody(over: Partial<TaskBody> = {}): TaskBody {
  return {
    job_id: "jabc",
    index: 3,
    state: "failed",
    attempt: 1,
    attempts: 1,
    exit_code: 1,
    signal: null,
    reason: null,
    host: "spark-1",
    parameters: { file: "GPL-2" },
    started_at: "2026-01-02T03:00:01.000Z",
    ended_at: "2026-01-02T03:00:02.000Z",
    ...over,
  };
}

export function anAttempt(over: Partial<AttemptBody> = {}): AttemptBody {
  return {
    attempt: 1,
    state: "failed",
    exit_code: 1,
    signal: null,
    reason: null,
    host: "spark-1",
    started_at: "2026-01-02T03:00:01.000Z",
    ended_at: "2026-01-02T03:00:02.000Z",
    output: { size: 12, sha256: "0".repeat(64) },
    files: [],
    usage: null,
    ...over,
  };
}

export function aTaskDetail(over: Partial<TaskDetailBody> = {}): TaskDetailBody {
  return {
    ...aTaskBody(),
    command: { argv: ["wc", "-w", "GPL-2"] },
    attempt_list: [anAttempt()],
    ...over,
  };
}

export function aHostBody(over: Partial<HostBody> = {}): HostBody {
  return {
    id: "h1",
    name: "spark-1",
    state: "ready",
    platform: "linux-arm64",
    cpus: 20,
    memory: 128 * 1024 ** 3,
    gpus: [{ index: 0, model: "NVIDIA GB10", memory: null, uuid: null, driver: null }],
    labels: {},
    agent_version: "0.1.0",
    last_seen_at: "2026-01-02T03:00:08.000Z",
    running: 2,
    refusing: null,
    disk: { free: 1024 ** 4, total: 4 * 1024 ** 4 },
    sample: aHostSample(),
    ...over,
  };
}

export function aHostSample(over: Partial<HostSampleBody> = {}): HostSampleBody {
  return {
    at: "2026-01-02T03:00:07.000Z",
    cpu_used: 3.25,
    memory_used: 12 * 1024 ** 3,
    gpus: [{ index: 0, utilization: 0.37, memory_used: null }],
    ...over,
  };
}

export function aTokenBody(over: Partial<TokenBody> = {}): TokenBody {
  return {
    id: "t4k2",
    name: "laptop",
    role: "submit",
    created_at: "2026-01-01T03:00:00.000Z",
    expires_at: null,
    revoked_at: null,
    last_used_at: null,
    ...over,
  };
}

export function aStatusBody(over: Partial<StatusBody> = {}): StatusBody {
  return {
    version: "0.1.0",
    fleet: "f1",
    pid: 4242,
    url: "http://127.0.0.1:7770",
    agents_at: "127.0.0.1:7771",
    started_at: "2026-01-02T00:00:00.000Z",
    uptime: 10_810,
    epoch: 1,
    hosts: { ready: 1, away: 0, lost: 0 },
    jobs: { pending: 0, running: 1, ended: 4 },
    tasks: { pending: 3, claimed: 0, running: 2 },
    refusing: null,
    starts_at_boot: false,
    ...over,
  };
}
