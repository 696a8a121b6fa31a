import { EMPTY_SHA256 } from "../../core/blob_name.ts";
import type { AttemptResult, OutputFile, Usage } from "../../core/result.ts";
import type { Instant } from "../../core/time.ts";
import type { Db } from "./store.ts";
import { signalOf } from "./tasks.ts";

export type AttemptState = "complete" | "failed" | "killed" | "lost";

/** An ended attempt, as it is kept. */
export interface StoredAttempt {
  readonly index: number;
  readonly attempt: number;
  readonly state: AttemptState;
  readonly hostId: string | null;
  readonly exitCode: number | null;
  readonly signal: number | null;
  readonly reason: string | null;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  /** Null where no output was kept. */
  readonly output: AttemptResult["output"] | null;
  readonly files: readonly OutputFile[];
  readonly usage: Usage | null;
}

/** The ended attempts of one task, first to last. */
export function listAttempts(db: Db, jobSeq: number, index: number): StoredAttempt[] {
  return attemptsBetween(db, jobSeq, index, index);
}

/** The ended attempts of the tasks `from` to `to`, both included, by task and attempt. */
export function attemptsBetween(db: Db, jobSeq: number, from: number, to: number): StoredAttempt[] {
  const rows = db.prepare(
    "SELECT * FROM attempts WHERE job = ? AND idx BETWEEN ? AND ? ORDER BY idx, attempt",
  ).all(jobSeq, from, to);
  return rows.map((row) => attemptOf(row as unknown as AttemptRow));
}

interface AttemptRow {
  idx: number;
  attempt: number;
  state: AttemptState;
  host: string | null;
  exit_code: number | null;
  reason: string | null;
  started_at: number | null;
  ended_at: number | null;
  output_sha256: Uint8Array | null;
  output_size: number | null;
  result: string | null;
}

function attemptOf(row: AttemptRow): StoredAttempt {
  const kept = row.result === null
    ? null
    : JSON.parse(row.result) as { files?: OutputFile[]; usage?: Usage | null };
  return {
    index: row.idx,
    attempt: row.attempt,
    state: row.state,
    hostId: row.host,
    exitCode: row.exit_code,
    signal: signalOf(row.exit_code),
    reason: row.reason,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    output: outputOf(row),
    files: kept?.files ?? [],
    usage: kept?.usage ?? null,
  };
}

function outputOf({ output_size, output_sha256 }: AttemptRow): StoredAttempt["output"] {
  if (output_size === null) return null;
  return { size: output_size, sha256: output_sha256 === null ? EMPTY_SHA256 : output_sha256.toHex() };
}

const INSERT_ATTEMPT =
  "INSERT OR REPLACE INTO attempts (job, idx, attempt, state, host, exit_code, reason, started_at, ended_at, " +
  "output_sha256, output_size, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/** What of an attempt is written; its signal follows from its exit code. */
export type NewAttempt = Omit<StoredAttempt, "signal" | "output" | "files" | "usage"> & {
  readonly result: AttemptResult | null;
};

export function insertAttempt(db: Db, jobSeq: number, attempt: NewAttempt): void {
  const { output } = attempt.result ?? { output: null };
  db.prepare(INSERT_ATTEMPT).run(
    jobSeq,
    attempt.index,
    attempt.attempt,
    attempt.state,
    attempt.hostId,
    attempt.exitCode,
    attempt.reason,
    attempt.startedAt,
    attempt.endedAt,
    output === null || output.size === 0 ? null : Uint8Array.fromHex(output.sha256),
    output === null ? null : output.size,
    attempt.result === null ? null : resultText(attempt.result),
  );
}

/** Null where there is nothing to keep. */
function resultText({ files, usage }: AttemptResult): string | null {
  const { userCpuSeconds, systemCpuSeconds, maxMemoryBytes } = usage;
  if (files.length === 0 && userCpuSeconds === null && systemCpuSeconds === null && maxMemoryBytes === null) {
    return null;
  }
  return JSON.stringify({ files, usage });
}
