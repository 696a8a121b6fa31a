import type { HostSample } from "../core/host.ts";
import type { AttemptRef } from "../core/task.ts";
import { causeToNumber, hashToBytes, refOf, resultToMessages } from "../proto/convert.ts";
import type {
  AssignMessage,
  EndedMessage,
  HeldAttemptMessage,
  InlineBlobMessage,
  JobDescriptionMessage,
  SampleMessage,
} from "../proto/messages.ts";
import type { Assignment, AttemptEnd, JobDescription, Work } from "./work.ts";

/** What this host holds, with ages instead of times: clocks of hosts order nothing. */
export function heldToMessages(held: ReturnType<Work["held"]>, nowMs: number): HeldAttemptMessage[] {
  return held.map(({ ref, epoch, startedAtMs }) => ({
    ref,
    epoch,
    started: startedAtMs !== null,
    ageMs: ageMs(startedAtMs ?? nowMs, nowMs),
  }));
}

/** Whole milliseconds since `thenMs`, never negative. */
export function ageMs(thenMs: number, nowMs: number): number {
  return Math.max(0, Math.round(nowMs - thenMs));
}

export function endToMessage(end: AttemptEnd, nowMs: number): EndedMessage {
  return {
    ref: end.ref,
    epoch: end.epoch,
    cause: causeToNumber(end.cause),
    exitCode: end.exitCode,
    ageMs: ageMs(end.endedAtMs, nowMs),
    ranMs: Math.max(0, Math.round(end.ranMs)),
    reason: end.reason ?? "",
    ...resultToMessages(end.result),
  };
}

export function inlineToMessage(sha256: string, data: Uint8Array): InlineBlobMessage {
  return { sha256: hashToBytes(sha256), data };
}

export function jobOf(message: JobDescriptionMessage): JobDescription {
  return {
    jobId: message.jobId,
    jobName: message.jobName,
    cpus: message.cpus,
    memoryBytes: message.memoryBytes === 0 ? null : message.memoryBytes,
    gpus: message.gpus,
    timeoutSeconds: message.timeoutSeconds === 0 ? null : message.timeoutSeconds,
    inPlace: message.inPlace === "" ? null : message.inPlace,
    keepsAll: message.allResults,
  };
}

/** Assignments of jobs that were described; the refs of others cannot be run. */
export function assignmentsOf(
  message: AssignMessage,
  jobs: ReadonlyMap<string, JobDescription>,
): { readonly assignments: Assignment[]; readonly undescribed: AttemptRef[] } {
  const assignments: Assignment[] = [];
  const undescribed: AttemptRef[] = [];
  for (const task of message.tasks) {
    const ref = refOf(task.ref);
    const job = jobs.get(ref.jobId);
    if (job === undefined) undescribed.push(ref);
    else {
      const results = job.keepsAll ? null : task.results;
      assignments.push({ ref, epoch: message.epoch, job, command: commandOf(task), env: task.env, results });
    }
  }
  return { assignments, undescribed };
}

function commandOf(task: { readonly argv: readonly string[]; readonly shell: string }) {
  return task.shell === "" ? { argv: task.argv } : { shell: task.shell };
}

export function sampleToMessage(sample: HostSample): SampleMessage {
  return { cpuUsed: sample.cpuUsed, memoryUsedBytes: sample.memoryUsedBytes, gpus: [...sample.gpus] };
}
