import type { AttemptRef, EndCause } from "../core/task.ts";
import type { Command } from "../core/job.ts";
import type { AttemptResult } from "../core/result.ts";

/** What the controller told this host of a job, once a session. */
export interface JobDescription {
  readonly jobId: string;
  readonly jobName: string;
  readonly cpus: number;
  readonly memoryBytes: number | null;
  readonly gpus: number;
  readonly timeoutSeconds: number | null;
  /** Absolute directory to run in; null: a fresh one for each task. */
  readonly inPlace: string | null;
  /** Every output file is kept; else the globs of each task say which. */
  readonly keepsAll: boolean;
}

/** One attempt to run; nothing left to expand. */
export interface Assignment {
  readonly ref: AttemptRef;
  readonly epoch: number;
  readonly job: JobDescription;
  readonly command: Command;
  readonly env: Readonly<Record<string, string>>;
  /** Globs of output files; null: every file the command made or changed. */
  readonly results: readonly string[] | null;
}

/** The end of an attempt. Ages are milliseconds on the monotonic clock, so that hosts' clocks order nothing. */
export interface AttemptEnd {
  readonly ref: AttemptRef;
  readonly epoch: number;
  readonly cause: EndCause;
  /** Null: it never ended by itself. */
  readonly exitCode: number | null;
  readonly reason: string | null;
  /** When it ended (performance.now() of this process; recovered ones are estimated from file times). */
  readonly endedAtMs: number;
  readonly ranMs: number;
  readonly result: AttemptResult;
  /** Blobs of the result up to the inline limit, by hex SHA-256; larger ones are uploaded before the report is sent. */
  readonly inline: ReadonlyMap<string, Uint8Array>;
}

/** Where the work reports to. Calls return at once; the session batches them and sends them again after a cut. */
export interface Reporter {
  started(ref: AttemptRef, startedAtMs: number): void;
  ended(end: AttemptEnd): void;
  notStarted(ref: AttemptRef, reason: string): void;
  lost(ref: AttemptRef, reason: string): void;
}

/** The work of this host as the session sees it. */
export interface Work {
  /** Every attempt that is queued, running, or ended and not acknowledged. `startedAtMs` as performance.now(). */
  held(): readonly {
    readonly ref: AttemptRef;
    readonly epoch: number;
    readonly startedAtMs: number | null;
  }[];
  /** Queues attempts; the same one twice is one. An epoch lower than one seen is refused. */
  assign(assignments: readonly Assignment[]): void;
  /** SIGTERM, then SIGKILL after the grace. Ends are reported. Unknown attempts are reported as not started. */
  kill(refs: readonly AttemptRef[], graceSeconds: number): void;
  /** The controller has recorded these ends: their directories go. */
  acknowledged(refs: readonly AttemptRef[]): void;
  /** The controller lacks blobs of this end: report it again after they are sent. */
  incomplete(ref: AttemptRef, sha256: readonly string[]): void;
  /** Nobody wants these any more: ended without a report, and forgotten. */
  drop(refs: readonly AttemptRef[]): void;
  /** Output of an attempt held here, from `offset`; with `follow` until it ends. Throws `NotFound`. */
  openLog(
    ref: AttemptRef,
    options: { readonly offset: number; readonly follow: boolean; readonly signal: AbortSignal },
  ): Promise<ReadableStream<Uint8Array>>;
  /** Path of a file of this host whose content is this blob, while its attempt is held; null if unknown. */
  blobPath(sha256: string): string | null;
  /** Why no new work is taken (disk nearly full …), in words; null if it is. */
  readonly refusing: string | null;
}
