import { jobState } from "../../core/job_state.ts";
import type { EventBody, HostBody, HostSampleBody, TokenBody } from "../../core/api/fleet.ts";
import type { AttemptBody, JobBody, JobDetailBody, TaskBody } from "../../core/api/jobs.ts";
import type { TakenSample } from "../../core/host.ts";
import type { Command, Job } from "../../core/job.ts";
import { formatInstant, type Instant } from "../../core/time.ts";
import type { StoredAttempt } from "../store/attempts.ts";
import type { StoredEvent } from "../store/events.ts";
import type { Token } from "../store/tokens.ts";
import type { HostRecord, TaskRecord } from "./parts.ts";

/** Names a host by its id; null for none. */
export type NameOf = (hostId: string) => string | null;

export function jobBody(job: Job, waitingFor: string | null): JobBody {
  const { spec } = job;
  return {
    id: job.id,
    name: spec.name,
    kind: spec.kind,
    state: jobState(job.counts),
    total: spec.total,
    counts: { ...job.counts },
    created_at: time(job.createdAt),
    started_at: formatInstant(job.startedAt),
    ended_at: formatInstant(job.endedAt),
    command: commandBody(spec.command),
    labels: { ...spec.labels },
    waiting_for: waitingFor,
  };
}

export function jobDetailBody(job: Job, waitingFor: string | null, hosts: readonly string[]): JobDetailBody {
  const { spec } = job;
  return {
    ...jobBody(job, waitingFor),
    columns: [...spec.columns],
    retries: spec.retries,
    timeout: spec.timeoutSeconds,
    cpus: spec.resources.cpus,
    memory: spec.resources.memoryBytes,
    gpus: spec.resources.gpus,
    env: { ...spec.env },
    directory: spec.directory.kind === "fresh" ? null : spec.directory.path,
    results: spec.results === null ? null : [...spec.results],
    on: spec.on === null ? null : [...spec.on],
    after: spec.after.map(({ jobId, when }) => ({ job: jobId, when })),
    hosts: [...hosts],
  };
}

export function taskBody(
  { task, parameters }: TaskRecord,
  columns: readonly string[],
  nameOf: NameOf,
): TaskBody {
  return {
    job_id: task.jobId,
    index: task.index,
    state: task.state,
    attempt: task.attempt,
    attempts: task.attempts,
    exit_code: task.exitCode,
    signal: task.signal,
    reason: task.reason,
    host: hostName(task.hostId, nameOf),
    parameters: named(columns, parameters),
    started_at: formatInstant(task.startedAt),
    ended_at: formatInstant(task.endedAt),
  };
}

export function attemptBody(attempt: StoredAttempt, nameOf: NameOf): AttemptBody {
  const { usage } = attempt;
  return {
    attempt: attempt.attempt,
    state: attempt.state,
    exit_code: attempt.exitCode,
    signal: attempt.signal,
    reason: attempt.reason,
    host: hostName(attempt.hostId, nameOf),
    started_at: formatInstant(attempt.startedAt),
    ended_at: formatInstant(attempt.endedAt),
    output: attempt.output === null ? null : { ...attempt.output },
    files: attempt.files.map((file) => ({ ...file })),
    usage: usage === null ? null : {
      user_cpu_seconds: usage.userCpuSeconds,
      system_cpu_seconds: usage.systemCpuSeconds,
      max_memory: usage.maxMemoryBytes,
      source: usage.source,
    },
  };
}

export function hostBody(host: HostRecord, running: number): HostBody {
  const { facts } = host;
  return {
    id: host.id,
    name: host.name,
    state: host.state,
    platform: facts.platform,
    cpus: facts.cpus,
    memory: facts.memoryBytes,
    gpus: facts.gpus.map(({ memoryBytes, ...gpu }) => ({ ...gpu, memory: memoryBytes })),
    labels: { ...host.labels },
    agent_version: host.agentVersion,
    last_seen_at: formatInstant(host.lastSeenAt),
    running,
    refusing: host.refusing,
    disk: facts.disk === null ? null : { free: facts.disk.freeBytes, total: facts.disk.totalBytes },
    sample: host.sample === null ? null : sampleBody(host.sample),
  };
}

export function sampleBody(sample: TakenSample): HostSampleBody {
  return {
    at: time(sample.at),
    cpu_used: sample.cpuUsed,
    memory_used: sample.memoryUsedBytes,
    gpus: sample.gpus.map(({ index, utilization, memoryUsedBytes }) => ({
      index,
      utilization,
      memory_used: memoryUsedBytes,
    })),
  };
}

export function tokenBody(token: Token): TokenBody {
  return {
    id: token.id,
    name: token.name,
    role: token.role,
    created_at: time(token.createdAt),
    expires_at: formatInstant(token.expiresAt),
    revoked_at: formatInstant(token.revokedAt),
    last_used_at: formatInstant(token.lastUsedAt),
  };
}

export function eventBody(event: StoredEvent, nameOf: NameOf): EventBody {
  return {
    seq: event.seq,
    at: time(event.at),
    kind: event.kind,
    job_id: event.jobId,
    index: event.index,
    host: hostName(event.hostId, nameOf),
    data: { ...event.data },
  };
}

/** Values by their columns' names. */
export function named(columns: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(columns.map((column, at) => [column, values[at] ?? ""]));
}

export function commandBody(command: Command): { argv: string[] } | { shell: string } {
  return "argv" in command ? { argv: [...command.argv] } : { shell: command.shell };
}

function hostName(hostId: string | null, nameOf: NameOf): string | null {
  return hostId === null ? null : nameOf(hostId) ?? hostId;
}

function time(instant: Instant): string {
  return new Date(instant).toISOString();
}
