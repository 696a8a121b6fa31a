import type { AttemptRef, EndCause, Task } from "../../core/task.ts";
import type { Command, Counts, Job, JobSpec } from "../../core/job.ts";
import type { AttemptResult } from "../../core/result.ts";
import type { Instant } from "../../core/time.ts";
import type { Db } from "../store/store.ts";
import type { Tally } from "./tally.ts";

/** Parameter values, a row a task, in the order of the spec's columns. Null: no parameters. */
export type ParameterRows = readonly (readonly string[])[] | null;

/** An attempt that a registering host still holds. */
export interface HeldAttempt extends AttemptRef {
  readonly epoch: number;
  /** Begin of its process; null while it waits in the host's queue. */
  readonly startedAt: Instant | null;
}

/** The end of an attempt as a host reports it, times already on the controller's clock. */
export interface EndedAttempt {
  readonly ref: AttemptRef;
  readonly epoch: number;
  readonly cause: EndCause;
  readonly exitCode: number | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly reason: string | null;
  readonly result: AttemptResult;
}

/** A batch of what one host saw. Blobs are recorded before the ends that name them, in the same transaction. */
export interface HostReport {
  readonly started: readonly { readonly ref: AttemptRef; readonly startedAt: Instant }[];
  readonly ended: readonly EndedAttempt[];
  readonly notStarted: readonly { readonly ref: AttemptRef; readonly reason: string }[];
  readonly lost: readonly { readonly ref: AttemptRef; readonly reason: string }[];
  readonly blobs: readonly { readonly sha256: Uint8Array; readonly data: Uint8Array }[];
}

/** What the host may forget, and what it must send first. */
export interface ReportOutcome {
  /** Recorded, or stale: the host may forget these attempts. */
  readonly ack: readonly AttemptRef[];
  /** Not recorded: these blobs (hex) are not stored. */
  readonly missing: readonly { readonly ref: AttemptRef; readonly sha256: readonly string[] }[];
}

export interface KillOutcome {
  readonly killed: number;
  readonly stopping: number;
  readonly onReturn: readonly { readonly hostId: string; readonly tasks: number }[];
}

export interface SubmitOptions {
  /** Throw `Conflict` if another job of the same name has not ended. Default: names may be shared. */
  readonly uniqueName?: boolean;
  /** Written in the very transaction that makes the job exist: its answer to an Idempotency-Key. */
  readonly also?: (db: Db, job: Job) => void;
}

/** A task ready to be sent to its host: everything filled in. */
export interface AssignedTask {
  readonly ref: AttemptRef;
  readonly command: Command;
  readonly env: Readonly<Record<string, string>>;
  /** Globs of output files, relative to the task's directory; null: every file. */
  readonly results: readonly string[] | null;
}

/**
 * The one place that changes jobs and tasks, always through `advance()`. Everything that resolves is durable.
 * Holds in memory, for each unfinished job, the ranges of pending indexes and the tasks that are out on hosts;
 * everything else is read from the store.
 */
export interface Queue {
  readonly epoch: number;
  /** Stores the job and its tasks. Throws `OutOfSpace` while the controller's disk is nearly full. */
  submit(
    spec: JobSpec,
    rows: ParameterRows,
    createdBy: string | null,
    options?: SubmitOptions,
  ): Promise<Job>;
  /** Throws `NotFound`. Killing an ended job is no error and kills nothing. */
  kill(jobId: string, indexes?: readonly number[]): Promise<KillOutcome>;
  /** Final tasks back to pending; answers how many. `all`: complete ones too. */
  reset(jobId: string, which: "failed" | "all", indexes?: readonly number[]): Promise<number>;
  /** Forgets an ended job. Throws `Conflict` while it runs. */
  remove(jobId: string): Promise<void>;
  job(jobId: string): Job | null;
  /** A task that is out on a host or stored; null if there is no such task. */
  task(jobId: string, index: number): Task | null;
  /** Called after each commit that changed the job's counts; returns the way to stop. */
  onJobChange(jobId: string, listener: (counts: Counts) => void): () => void;
  /** How many tasks are out on the host. */
  countOn(hostId: string): number;
  /** Hosts that hold tasks of the job now. */
  hostsOf(jobId: string): readonly string[];
  /** Why no task of the job is placed now, in one sentence; null if nothing hinders. */
  waitingFor(jobId: string): string | null;
  /** What was done since the controller started. */
  tally(): Tally;

  // ---- called for hosts (rpc, hosts)

  /** Reconciles: answers held attempts nobody wants (ended elsewhere, killed, unknown). Claimed attempts the host does not hold return to pending. */
  hostRegistered(
    hostId: string,
    held: readonly HeldAttempt[],
  ): Promise<{ readonly drop: readonly AttemptRef[] }>;
  /**
   * Which of the attempts that a host registered with are wanted no more. Asked once the host is connected: a kill that
   * was decided between its register and that took it for away, and nobody would tell it.
   */
  unwanted(hostId: string, held: readonly HeldAttempt[]): Promise<AttemptRef[]>;
  observe(hostId: string, report: HostReport): Promise<ReportOutcome>;
  /** The host was given up (removed, rebooted, unseen too long): its tasks are lost. */
  hostLost(hostId: string, reason: string): Promise<void>;
}
