import type { Instant } from "./time.ts";

/** See task_state.ts for the table of steps between these. */
export type TaskState = "pending" | "claimed" | "running" | "complete" | "failed" | "killed";

export const TASK_STATES = [
  "pending",
  "claimed",
  "running",
  "complete",
  "failed",
  "killed",
] as const satisfies readonly TaskState[];

/** One unit of a job's work, as the controller records it. */
export interface Task {
  readonly jobId: string;
  /** Counts from 1. */
  readonly index: number;
  readonly state: TaskState;
  /** Number of the current or last attempt issued; 0 before the first. Never starts again, not even after a reset. */
  readonly attempt: number;
  /** Attempts that really began (an attempt that was issued and never started is not among them). */
  readonly attempts: number;
  /** Attempts since the last reset that the command itself failed. */
  readonly failures: number;
  /** Attempts since the last reset lost to infrastructure. */
  readonly losses: number;
  /** How many of the command's own failures are tried again. */
  readonly retries: number;
  /** A kill was asked for while an attempt was out. */
  readonly killRequested: boolean;
  /** Host of the current or last attempt. */
  readonly hostId: string | null;
  /** As the shell says it: 128+n for signal n; null if the command never ended by itself. */
  readonly exitCode: number | null;
  /** Signal number where the code says so. */
  readonly signal: number | null;
  readonly reason: string | null;
  /** Begin and end of the current or last attempt, by the controller's clock. */
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
}

/** Names one try of one task, with the controller's epoch that issued it. */
export interface AttemptRef {
  readonly jobId: string;
  readonly index: number;
  readonly attempt: number;
}

/** Why an attempt ended that did not end by its own exit code alone. */
export type EndCause =
  /** The command ended by itself. */
  | "exit"
  /** Ended by `--timeout`. */
  | "timeout"
  /** Ended by the memory limit. */
  | "memory"
  /** Ended because a person or program asked. */
  | "killed";

/**
 * What an agent, a driver or the controller itself saw of one attempt. Only `advance()` turns it into a state.
 * An observation of another attempt than the task's current one is stale and changes nothing.
 */
export type Observation =
  /** The controller gave the attempt to a host. `attempt` is the task's next number. */
  | { readonly kind: "claimed"; readonly attempt: number; readonly hostId: string }
  /** The attempt's process exists. */
  | { readonly kind: "started"; readonly attempt: number; readonly startedAt: Instant }
  /** The attempt ended and its files are stored. */
  | {
    readonly kind: "ended";
    readonly attempt: number;
    readonly cause: EndCause;
    /** Null where the command never ended by itself and no code is known. */
    readonly exitCode: number | null;
    readonly startedAt: Instant;
    readonly endedAt: Instant;
    /** Words for a cause other than `exit`. */
    readonly reason: string | null;
  }
  /** The attempt never began (host refused it or forgot it before starting): no try was used. */
  | { readonly kind: "not_started"; readonly attempt: number; readonly reason: string }
  /** The attempt was lost to infrastructure (host gone, exit status lost, output cut off). */
  | { readonly kind: "lost"; readonly attempt: number; readonly reason: string }
  /** A kill was asked. `hostSees`: the host is connected and will report the end itself. */
  | { readonly kind: "kill"; readonly hostSees: boolean }
  /** A reset or rerun was asked; only final tasks follow it. */
  | { readonly kind: "reset" };
