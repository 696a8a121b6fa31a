import type { Observation, Task, TaskState } from "./task.ts";
import type { Instant } from "./time.ts";

// pending ---> claimed ---> running ---> complete
//  ^ | |          |  |         |  |-----> failed
//  | | '- kill ---|--|---------|--|-----> killed
//  | |            |  '-- ends -|--'       (short tasks and late journals skip running)
//  | '<-- lost ---'------------'          (up to MAX_LOSSES; own failures up to the task's retries)
//  '<--- reset ------- complete, failed, killed
/** Every step a task may take. `docs/states.md` is written from it. */
export const NEXT = {
  pending: ["claimed", "killed"],
  claimed: ["running", "complete", "failed", "killed", "pending"],
  running: ["complete", "failed", "killed", "pending"],
  complete: ["pending"],
  failed: ["pending"],
  killed: ["pending"],
} as const satisfies Record<TaskState, readonly TaskState[]>;

/** Infrastructure losses after which a task fails: more than any bad day, few enough to notice a task that kills hosts. */
export const MAX_LOSSES = 10;

/** Whether only a reset leads out of this state. */
export function isFinal(state: TaskState): boolean {
  return state === "complete" || state === "failed" || state === "killed";
}

/**
 * The task after `observation`; the same object if it brings nothing new (stale, repeated, or not possible from the
 * task's state). `now` is the end of a task that did not report its own. Pure, and the only way a state changes.
 */
export function advance(task: Task, observation: Observation, now: Instant): Task {
  switch (observation.kind) {
    case "reset":
      return reset(task);
    case "kill":
      return kill(task, observation.hostSees, now);
    case "claimed":
      return claim(task, observation);
  }
  if (observation.attempt !== task.attempt || !isOut(task)) return task;
  switch (observation.kind) {
    case "started":
      return start(task, observation.startedAt);
    case "ended":
      return end(task, observation, now);
    case "lost":
      return lose(task, observation.reason, now);
    case "not_started":
      return giveBack(task, observation.reason, now);
  }
}

type Seen<K extends Observation["kind"]> = Extract<Observation, { kind: K }>;

/** An attempt of it is on a host. */
function isOut(task: Task): boolean {
  return task.state === "claimed" || task.state === "running";
}

const NO_END = { exitCode: null, signal: null, startedAt: null, endedAt: null } as const;

function claim(task: Task, { attempt, hostId }: Seen<"claimed">): Task {
  if (task.state !== "pending" || attempt !== task.attempt + 1) return task;
  return step(task, "claimed", { ...NO_END, attempt, hostId, reason: null });
}

function start(task: Task, startedAt: Instant): Task {
  if (task.state !== "claimed") return task;
  return step(task, "running", { startedAt, attempts: task.attempts + 1 });
}

function end(task: Task, ended: Seen<"ended">, now: Instant): Task {
  // Without a code nobody knows how it ended: never a success, and not the command's fault either.
  if (ended.cause === "exit" && ended.exitCode === null) {
    return lose(task, ended.reason ?? "exit status lost", now);
  }
  const seen = {
    exitCode: ended.exitCode,
    signal: signalOf(ended.exitCode),
    startedAt: ended.startedAt,
    endedAt: ended.endedAt,
    // An attempt that ended before its begin was reported began all the same.
    attempts: task.state === "claimed" ? task.attempts + 1 : task.attempts,
  };
  if (ended.cause === "exit" && ended.exitCode === 0) {
    return step(task, "complete", { ...seen, reason: null });
  }
  if (ended.cause === "killed" || task.killRequested) {
    return step(task, "killed", { ...seen, reason: ended.reason ?? "killed" });
  }
  return fail(task, ended, seen);
}

function fail(task: Task, ended: Seen<"ended">, seen: Partial<Task>): Task {
  const failures = task.failures + 1;
  const reason = ended.reason ?? WORDS[ended.cause];
  if (failures > task.retries) return step(task, "failed", { ...seen, failures, reason });
  return step(task, "pending", {
    ...seen,
    ...NO_END,
    failures,
    reason: reason ?? `exit code ${ended.exitCode}`,
  });
}

/** For a cause that came without words. An exit code speaks for itself. */
const WORDS = {
  exit: null,
  timeout: "ran longer than its time limit",
  memory: "used more memory than its limit",
  killed: "killed",
} as const;

function lose(task: Task, reason: string, now: Instant): Task {
  const losses = task.losses + 1;
  if (task.killRequested) return step(task, "killed", { losses, reason: "killed", endedAt: now });
  if (losses >= MAX_LOSSES) {
    return step(task, "failed", { losses, reason: `lost ${losses} times: ${reason}`, endedAt: now });
  }
  return step(task, "pending", { ...NO_END, losses, reason });
}

function giveBack(task: Task, reason: string, now: Instant): Task {
  // It was seen running: a host that forgot it has lost it, and losses are limited.
  if (task.state === "running") return lose(task, reason, now);
  if (task.killRequested) return step(task, "killed", { reason: "killed", endedAt: now });
  return step(task, "pending", { ...NO_END, reason });
}

function kill(task: Task, hostSees: boolean, now: Instant): Task {
  if (isFinal(task.state)) return task;
  if (isOut(task) && hostSees) return task.killRequested ? task : { ...task, killRequested: true };
  return step(task, "killed", { reason: "killed", endedAt: now });
}

function reset(task: Task): Task {
  if (!isFinal(task.state)) return task;
  return step(task, "pending", { ...NO_END, reason: null, failures: 0, losses: 0, killRequested: false });
}

function step(task: Task, state: TaskState, changes: Partial<Task>): Task {
  const allowed: readonly TaskState[] = NEXT[task.state];
  if (!allowed.includes(state)) throw new RangeError(`A task cannot go from ${task.state} to ${state}`);
  return { ...task, ...changes, state };
}

/** Signal n of a code 128+n, as shells write it; 64 is the highest signal of Linux. */
function signalOf(exitCode: number | null): number | null {
  return exitCode !== null && exitCode > 128 && exitCode <= 192 ? exitCode - 128 : null;
}
