import type { Instant } from "./time.ts";
import type { TaskState } from "./task.ts";

/** Independent tasks / ranks that start and fail together / long-lived with health and endpoint. */
export type JobKind = "batch" | "gang" | "service";

/** A job's state is derived from its tasks' counts: see `jobState()` in job_state.ts. */
export type JobState = (typeof JOB_STATES)[number];

export const JOB_STATES = ["pending", "running", "complete", "failed", "killed"] as const;

/** How many tasks are in each state. */
export type Counts = Readonly<Record<TaskState, number>>;

/**
 * What a task runs. `argv`: an argument vector, run without a shell. `shell`: one string for `/bin/sh -c`.
 * Both may hold `{index}`, `{index:05}` and `{column}`; see template.ts.
 */
export type Command =
  | { readonly argv: readonly string[] }
  | { readonly shell: string };

/** Where a task starts. `fresh`: an empty directory of its own. `in_place`: an absolute directory as it is. */
export type WorkingDirectory = { readonly kind: "fresh" } | {
  readonly kind: "in_place";
  readonly path: string;
};

/** What one task needs while it runs; the agent packs tasks by it. */
export interface Resources {
  /** CPUs, may be a fraction. Default 1. */
  readonly cpus: number;
  /** Limit and reservation in bytes; null: no limit, nothing reserved. */
  readonly memoryBytes: number | null;
  /** Whole GPUs. Default 0. */
  readonly gpus: number;
}

/** Everything about a job that does not change after it was submitted. */
export interface JobSpec {
  readonly name: string;
  readonly kind: JobKind;
  readonly command: Command;
  /** Parameter columns in their order; empty for `--seq` and single tasks. */
  readonly columns: readonly string[];
  readonly total: number;
  readonly resources: Resources;
  /** Templates too. Names are POSIX environment names. */
  readonly env: Readonly<Record<string, string>>;
  readonly directory: WorkingDirectory;
  /** Globs of output files, relative to the task's directory. Null: every file the command made or changed. */
  readonly results: readonly string[] | null;
  /** The command's own failures that are tried again. Default 0. */
  readonly retries: number;
  /** Seconds a task may run; null: no limit. */
  readonly timeoutSeconds: number | null;
  /** Host names (or, later, pools) the job may run on; null: any. */
  readonly on: readonly string[] | null;
  /** Jobs that must end first. */
  readonly after: readonly { readonly jobId: string; readonly when: "ok" | "any" }[];
  /** Seconds after which the tasks of an unseen host return to pending. Default 300; null: wait for ever. */
  readonly requeueAfterSeconds: number | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** A submitted job. */
export interface Job {
  readonly id: string;
  readonly spec: JobSpec;
  readonly counts: Counts;
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
}
