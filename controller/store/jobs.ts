import { MusterError } from "../../core/errors.ts";
import type { Counts, Job, JobSpec, JobState } from "../../core/job.ts";
import type { Instant } from "../../core/time.ts";
import type { Db } from "./store.ts";

/** A job with the number that its tasks refer to it by. */
export interface StoredJob extends Job {
  /** Order of submission. */
  readonly seq: number;
  /** Id of the token it was submitted with. */
  readonly createdBy: string | null;
}

export interface JobQuery {
  /** Default 100. */
  readonly limit?: number;
  /** Only jobs submitted before this one: the last `seq` of the page before. */
  readonly before?: number;
  readonly name?: string;
  readonly state?: JobState;
}

/** A page of jobs, newest first. */
export function listJobs(db: Db, query: JobQuery = {}): StoredJob[] {
  const { limit = 100, before = Number.MAX_SAFE_INTEGER, name, state } = query;
  const where = ["ready = 1", "seq < ?"];
  const values: (string | number)[] = [before];
  if (name !== undefined) {
    where.push("name = ?");
    values.push(name);
  }
  if (state !== undefined) where.push(STATE_IS[state]);
  const sql = `SELECT * FROM jobs WHERE ${where.join(" AND ")} ORDER BY seq DESC LIMIT ?`;
  return db.prepare(sql).all(...values, limit).map((row) => jobOf(row as unknown as JobRow));
}

/** `jobState()` of core/job_state.ts as conditions; the contract test holds the two together. */
const STATE_IS: Readonly<Record<JobState, string>> = {
  pending: "claimed + running + complete + failed + killed = 0 AND ended_at IS NULL",
  running: "claimed + running + complete + failed + killed > 0 AND ended_at IS NULL",
  complete: "ended_at IS NOT NULL AND failed = 0 AND killed = 0",
  failed: "ended_at IS NOT NULL AND failed > 0",
  killed: "ended_at IS NOT NULL AND failed = 0 AND killed > 0",
};

/** How many jobs are pending, running and ended. */
export function countJobs(db: Db): { pending: number; running: number; ended: number } {
  const unfinished = db.prepare(
    `SELECT count(*) AS n, coalesce(sum(${STATE_IS.pending}), 0) AS pending ` +
      "FROM jobs WHERE ended_at IS NULL AND ready = 1",
  ).get();
  // Two counts that indexes answer; a condition on each job would read them all.
  const all = Number(
    db.prepare("SELECT (SELECT count(*) FROM jobs) - (SELECT count(*) FROM jobs WHERE ready = 0) AS n").get()
      ?.n,
  );
  const open = Number(unfinished?.n ?? 0);
  const pending = Number(unfinished?.pending ?? 0);
  return { pending, running: open - pending, ended: all - open };
}

/** The job of exactly this id; null if there is none. */
export function jobById(db: Db, id: string): StoredJob | null {
  const row = db.prepare("SELECT * FROM jobs WHERE id = ? AND ready = 1").get(id);
  return row === undefined ? null : jobOf(row as unknown as JobRow);
}

/** The job of this number; null if there is none. */
export function jobBySeq(db: Db, seq: number): StoredJob | null {
  const row = db.prepare("SELECT * FROM jobs WHERE seq = ? AND ready = 1").get(seq);
  return row === undefined ? null : jobOf(row as unknown as JobRow);
}

/** Jobs that have not ended, in order of submission. */
export function unfinishedJobs(db: Db): StoredJob[] {
  const rows = db.prepare("SELECT * FROM jobs WHERE ended_at IS NULL AND ready = 1 ORDER BY seq").all();
  return rows.map((row) => jobOf(row as unknown as JobRow));
}

/** Jobs of this name that have not ended, oldest first. `isReady` is false while their rows are being written. */
export function unfinishedByName(
  db: Db,
  name: string,
): { readonly seq: number; readonly id: string; readonly isReady: boolean }[] {
  // The plus keeps SQLite from the index by name: of one name there may be thousands that have ended.
  const rows = db.prepare(
    "SELECT seq, id, ready FROM jobs WHERE +name = ? AND ended_at IS NULL ORDER BY seq",
  ).all(name);
  return rows.map(({ seq, id, ready }) => ({ seq: Number(seq), id: String(id), isReady: ready === 1 }));
}

interface JobRow extends Counts {
  seq: number;
  id: string;
  spec: string;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  created_by: string | null;
}

function jobOf(row: JobRow): StoredJob {
  const { pending, claimed, running, complete, failed, killed } = row;
  return {
    seq: row.seq,
    id: row.id,
    spec: JSON.parse(row.spec) as JobSpec,
    counts: { pending, claimed, running, complete, failed, killed },
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    createdBy: row.created_by,
  };
}

/** Writes a job whose tasks are all pending and answers its number. `ready`: its tasks are written in this change. */
export function insertJob(
  db: Db,
  job: Pick<StoredJob, "id" | "spec" | "createdAt" | "createdBy">,
  ready: boolean,
): number {
  const { lastInsertRowid } = db.prepare(
    "INSERT INTO jobs (id, name, spec, ready, pending, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?)",
  ).run(
    job.id,
    job.spec.name,
    JSON.stringify(job.spec),
    ready ? 1 : 0,
    job.spec.total,
    job.createdAt,
    job.createdBy,
  );
  return Number(lastInsertRowid);
}

/** Shows the job, or hides one that is about to be taken out in pieces. */
export function setReady(db: Db, seq: number, ready: boolean): void {
  db.prepare("UPDATE jobs SET ready = ? WHERE seq = ?").run(ready ? 1 : 0, seq);
}

export function updateJob(
  db: Db,
  seq: number,
  counts: Counts,
  startedAt: Instant | null,
  endedAt: Instant | null,
): void {
  db.prepare(
    "UPDATE jobs SET pending = ?, claimed = ?, running = ?, complete = ?, failed = ?, killed = ?, " +
      "started_at = ?, ended_at = ? WHERE seq = ?",
  ).run(
    counts.pending,
    counts.claimed,
    counts.running,
    counts.complete,
    counts.failed,
    counts.killed,
    startedAt,
    endedAt,
    seq,
  );
}

/** Numbers of the jobs whose rows were not all written, or not all taken out, when the controller ended. */
export function halfWrittenJobs(db: Db): number[] {
  return db.prepare("SELECT seq FROM jobs WHERE ready = 0").all().map((row) => Number(row.seq));
}

/** Takes out up to `limit` tasks of a hidden job with their attempts, and the job once none is left. True when done. */
export function deleteSome(db: Db, seq: number, limit: number): boolean {
  const last = db.prepare(
    "SELECT max(idx) AS idx FROM (SELECT idx FROM tasks WHERE job = ? ORDER BY idx LIMIT ?)",
  )
    .get(seq, limit)?.idx;
  if (last !== null && last !== undefined) {
    db.prepare("DELETE FROM attempts WHERE job = ? AND idx <= ?").run(seq, last);
    db.prepare("DELETE FROM tasks WHERE job = ? AND idx <= ?").run(seq, last);
    return false;
  }
  db.prepare("DELETE FROM attempts WHERE job = ?").run(seq);
  db.prepare("DELETE FROM jobs WHERE seq = ?").run(seq);
  return true;
}

/** The job must exist. */
export function requireJob(db: Db, id: string): StoredJob {
  const job = jobById(db, id);
  if (job === null) throw new MusterError("NotFound", `Cannot find job "${id}"`);
  return job;
}
