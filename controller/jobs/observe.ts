import { advance } from "../../core/task_state.ts";
import type { Observation, Task, TaskState } from "../../core/task.ts";
import type { AttemptResult } from "../../core/result.ts";
import type { Instant } from "../../core/time.ts";
import { type AttemptState, insertAttempt } from "../store/attempts.ts";
import { type CommonStep, newTask } from "../store/tasks.ts";
import type { Change } from "./change.ts";
import type { UnfinishedJob } from "./unfinished_job.ts";

/**
 * The one place where tasks change their state. Records the step, the event and, where an attempt ended, its row;
 * answers the task after it, the same object if the observation brought nothing new. `result`: what the attempt
 * left, with an `ended`. `reason`: other words for a kill.
 */
export function observe(
  change: Change,
  job: UnfinishedJob,
  task: Task,
  observation: Observation,
  more: { readonly result?: AttemptResult; readonly reason?: string | null } = {},
): Task {
  const seen = advance(task, observation, change.now);
  if (seen === task) return task;
  const after = more.reason && seen.state === "killed" ? { ...seen, reason: more.reason } : seen;
  change.put(job, task, after);
  recordAttempt(change, job, task, after, observation, more.result ?? null);
  if (after.state !== task.state) recordEvent(change, job, after);
  return after;
}

/** What killing pending tasks writes: the same for all of them. */
export function killStep(job: UnfinishedJob, now: Instant, reason: string | null): CommonStep {
  const after = advance(newTask(job, 1), { kind: "kill", hostSees: false }, now);
  return reason === null ? after : { ...after, reason };
}

/** What a reset of tasks in this final state writes: the same for all of them. */
export function resetStep(job: UnfinishedJob, state: TaskState, now: Instant): CommonStep {
  return advance({ ...newTask(job, 1), state }, { kind: "reset" }, now);
}

function recordAttempt(
  change: Change,
  job: UnfinishedJob,
  before: Task,
  after: Task,
  observation: Observation,
  result: AttemptResult | null,
): void {
  const state = endOfAttempt(before, after, observation);
  if (state === null) return;
  const ended = observation.kind === "ended" ? observation : null;
  insertAttempt(change.db, job.seq, {
    index: before.index,
    attempt: before.attempt,
    state,
    hostId: before.hostId,
    exitCode: ended?.exitCode ?? null,
    reason: state === "complete" ? null : ended?.reason ?? after.reason,
    startedAt: ended?.startedAt ?? before.startedAt,
    endedAt: ended?.endedAt ?? change.now,
    result,
  });
}

/** How the attempt ended; null if it goes on, or never began. */
function endOfAttempt(before: Task, after: Task, observation: Observation): AttemptState | null {
  const wasOut = before.state === "claimed" || before.state === "running";
  if (!wasOut || after.state === "claimed" || after.state === "running") return null;
  if (after.state === "complete" || after.state === "killed") {
    return observation.kind === "not_started" && before.state === "claimed" ? null : after.state;
  }
  if (after.losses > before.losses) return "lost";
  return observation.kind === "ended" ? "failed" : null;
}

function recordEvent(change: Change, job: UnfinishedJob, task: Task): void {
  const { index, hostId, attempt, exitCode, reason } = task;
  change.event(`task.${task.state}`, job, {
    index,
    hostId,
    data: {
      attempt,
      ...(exitCode === null ? {} : { exit_code: exitCode }),
      ...(reason === null ? {} : { reason }),
    },
  });
}
