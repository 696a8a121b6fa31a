import type { AttemptRef, Observation, Task } from "../../core/task.ts";
import type { AttemptResult } from "../../core/result.ts";
import { insertBlob } from "../store/blob_rows.ts";
import type { Change } from "./change.ts";
import { observe } from "./observe.ts";
import type { EndedAttempt, HostReport, ReportOutcome } from "./queue.ts";
import type { UnfinishedJob } from "./unfinished_job.ts";

export interface ReportContext {
  readonly epoch: number;
  /** Which of these blobs (hex) are not stored. Sees what this transaction has stored. */
  readonly blobsMissing: (sha256: readonly string[]) => readonly string[];
}

/** Takes in what one host saw. Every end is answered: recorded or stale, or which blobs it lacks. */
export function takeReport(
  change: Change,
  hostId: string,
  report: HostReport,
  context: ReportContext,
): ReportOutcome {
  // They share the transaction of the ends that name them.
  for (const { sha256, data } of report.blobs) {
    insertBlob(change.db, { sha256, size: data.byteLength, data }, change.now);
  }
  const brought = new Set(report.blobs.map(({ sha256 }) => sha256.toHex()));
  for (const { ref, startedAt } of report.started) {
    observeCurrent(change, hostId, ref, { kind: "started", attempt: ref.attempt, startedAt });
  }
  const ack: AttemptRef[] = [];
  const missing: { ref: AttemptRef; sha256: readonly string[] }[] = [];
  for (const ended of report.ended) {
    const lacking = takeEnd(change, hostId, ended, brought, context);
    if (lacking.length > 0) missing.push({ ref: ended.ref, sha256: lacking });
    else ack.push(ended.ref);
  }
  for (const { ref, reason } of report.notStarted) {
    observeCurrent(change, hostId, ref, { kind: "not_started", attempt: ref.attempt, reason });
    ack.push(ref);
  }
  for (const { ref, reason } of report.lost) {
    observeCurrent(change, hostId, ref, { kind: "lost", attempt: ref.attempt, reason });
    ack.push(ref);
  }
  return { ack, missing };
}

function observeCurrent(change: Change, hostId: string, ref: AttemptRef, observation: Observation): void {
  const found = currentAttempt(change, hostId, ref);
  change.tally.reports[found === null ? "stale" : "recorded"]++;
  if (found !== null) observe(change, found.job, found.task, observation);
}

/** Answers the blobs that are missing; none: the end is recorded, or stale. */
function takeEnd(
  change: Change,
  hostId: string,
  ended: EndedAttempt,
  brought: ReadonlySet<string>,
  { epoch, blobsMissing }: ReportContext,
): readonly string[] {
  const found = ended.epoch === epoch ? currentAttempt(change, hostId, ended.ref) : null;
  if (found === null) {
    change.tally.reports.stale++;
    return [];
  }
  const named = blobsOf(ended.result).filter((sha256) => !brought.has(sha256));
  const lacking = named.length === 0 ? [] : blobsMissing(named);
  change.tally.reports[lacking.length > 0 ? "incomplete" : "recorded"]++;
  if (lacking.length > 0) return lacking;
  const { cause, exitCode, startedAt, endedAt, reason, result } = ended;
  const { attempt } = ended.ref;
  observe(
    change,
    found.job,
    found.task,
    { kind: "ended", attempt, cause, exitCode, startedAt, endedAt, reason },
    { result },
  );
  change.ran(found.job, endedAt - startedAt);
  return [];
}

function blobsOf({ output, files }: AttemptResult): string[] {
  const kept = files.length === 0 ? [output] : [output, ...files];
  return kept.filter(({ size }) => size > 0).map(({ sha256 }) => sha256);
}

/** The task, if this is its attempt and it is out on this host. */
export function currentAttempt(
  change: Change,
  hostId: string,
  ref: AttemptRef,
): { readonly job: UnfinishedJob; readonly task: Task } | null {
  const job = change.memory.jobs.get(ref.jobId);
  const task = job === undefined ? null : change.out(job, ref.index);
  if (job === undefined || task === null) return null;
  return task.attempt === ref.attempt && task.hostId === hostId ? { job, task } : null;
}
