import { MusterError } from "../../core/errors.ts";
import type { AttemptRef, Task } from "../../core/task.ts";
import type { StoredAttempt } from "../store/attempts.ts";
import type { ApiParts } from "./parts.ts";
import { createWake } from "./wake.ts";

export interface LogOptions {
  /** Default: the newest. */
  readonly attempt?: number | undefined;
  /** Bytes to leave out. */
  readonly offset: number;
  /** Until the attempt ends; waits for a task that has not begun. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

type LogParts = Pick<ApiParts, "jobs" | "queue" | "fleet" | "blobs">;

const EMPTY = () => new Blob([]).stream();

/**
 * Output of an attempt: from its host while it runs, from the stored blob afterwards. An attempt that has printed
 * nothing, or of which nothing was kept, is empty. Throws `Unreachable` if its host is away.
 */
export async function openTaskLog(
  parts: LogParts,
  jobId: string,
  index: number,
  options: LogOptions,
): Promise<ReadableStream<Uint8Array>> {
  if (options.follow && options.attempt === undefined) await begun(parts, jobId, index, options.signal);
  const task = parts.jobs.task(jobId, index)?.task;
  if (task === undefined || task.attempt === 0) return EMPTY();
  const attempt = options.attempt ?? task.attempt;
  const stored = ended(parts, jobId, index, attempt);
  if (stored !== undefined) return await openStored(parts, stored, options.offset);
  if (attempt !== task.attempt || task.hostId === null || !isOut(task)) return EMPTY();
  return await openLive(parts, task, options);
}

/** Waits until the task runs or is final. */
async function begun(
  { jobs, queue }: LogParts,
  jobId: string,
  index: number,
  signal: AbortSignal,
): Promise<void> {
  const wake = createWake();
  const stop = queue.onJobChange(jobId, () => wake.ring());
  try {
    const waits = () => ["pending", "claimed"].includes(jobs.task(jobId, index)?.task.state ?? "");
    while (waits() && !signal.aborted) await wake.wait(signal);
  } finally {
    stop();
  }
}

function isOut(task: Task): boolean {
  return task.state === "running" || task.state === "claimed";
}

function ended({ jobs }: LogParts, jobId: string, index: number, attempt: number): StoredAttempt | undefined {
  return jobs.attempts(jobId, index).find((record) => record.attempt === attempt);
}

async function openStored({ blobs }: LogParts, { output }: StoredAttempt, offset: number) {
  if (output === null || output.size <= offset) return EMPTY();
  return await blobs.open(output.sha256, { offset });
}

/** The attempt may end between the look and the call: then its blob is there instead. */
async function openLive(parts: LogParts, task: Task, { offset, follow, signal }: LogOptions) {
  const ref = { jobId: task.jobId, index: task.index, attempt: task.attempt };
  try {
    const live = await parts.fleet.openLog(task.hostId!, ref, { offset, follow, signal });
    return ReadableStream.from(completed(parts, ref, live, { offset, follow, signal }));
  } catch (error) {
    const stored = ended(parts, ref.jobId, ref.index, ref.attempt);
    if (stored !== undefined) return await openStored(parts, stored, offset);
    // Claimed, and not yet begun on its host.
    if (error instanceof MusterError && error.code === "NotFound") return EMPTY();
    throw error;
  }
}

/**
 * What the host sends, then what it did not: a host forgets an attempt as soon as its end is recorded, maybe before a
 * reader who came late has all of it, and a line may be cut. The stored output has the rest.
 */
async function* completed(
  parts: LogParts,
  ref: AttemptRef,
  live: ReadableStream<Uint8Array>,
  { offset, follow, signal }: LogOptions,
): AsyncGenerator<Uint8Array> {
  let at = offset;
  try {
    for await (const chunk of live) {
      at += chunk.length;
      yield chunk;
    }
    if (follow) await recorded(parts, ref, signal);
  } catch (error) {
    if (ended(parts, ref.jobId, ref.index, ref.attempt) === undefined) throw error;
  }
  const stored = ended(parts, ref.jobId, ref.index, ref.attempt);
  if (stored !== undefined) yield* await openStored(parts, stored, at);
}

/** Waits until the attempt's end is recorded, or another attempt has taken its place. */
async function recorded({ jobs, queue }: LogParts, ref: AttemptRef, signal: AbortSignal): Promise<void> {
  const wake = createWake();
  const stop = queue.onJobChange(ref.jobId, () => wake.ring());
  try {
    const isOutStill = () => {
      const task = jobs.task(ref.jobId, ref.index)?.task;
      return task !== undefined && task.attempt === ref.attempt && isOut(task);
    };
    while (isOutStill() && !signal.aborted) await wake.wait(signal);
  } finally {
    stop();
  }
}
