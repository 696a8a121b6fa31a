import { type Task, TASK_STATES, type TaskState } from "../../core/task.ts";
import type { Db } from "./store.ts";

/** A task as it is stored, with its parameter values in the order of its job's columns. */
export interface StoredTask {
  readonly task: Task;
  readonly parameters: readonly string[] | null;
}

/** The job that tasks are read of: rows refer to it by `seq` and leave out what its spec says. */
export interface TaskOwner {
  readonly seq: number;
  readonly id: string;
  readonly spec: { readonly retries: number };
}

export interface TaskQuery {
  /** Default 100. */
  readonly limit?: number;
  /** Only indexes above this one: the last index of the page before. Default 0. */
  readonly after?: number;
  readonly state?: TaskState;
}

/** Position of a state in TASK_STATES, as it is stored. */
function stateNumber(state: TaskState): number {
  return TASK_STATES.indexOf(state);
}

/** A page of the job's tasks by index. */
export function listTasks(db: Db, job: TaskOwner, query: TaskQuery = {}): StoredTask[] {
  const { limit = 100, after = 0, state } = query;
  if (state === undefined) return select(db, job, "idx > ? ORDER BY idx LIMIT ?", after, limit);
  // The partial index on failed and killed tasks is only used when its condition is repeated.
  const indexed = state === "failed" || state === "killed" ? "state IN (4, 5) AND " : "";
  const where = `${indexed}state = ? AND idx > ? ORDER BY idx LIMIT ?`;
  return select(db, job, where, stateNumber(state), after, limit);
}

/** One task; null if there is none of that index. */
export function findTask(db: Db, job: TaskOwner, index: number): StoredTask | null {
  return select(db, job, "idx = ?", index)[0] ?? null;
}

/** The tasks `from` to `to`, both included. */
export function tasksBetween(db: Db, job: TaskOwner, from: number, to: number): StoredTask[] {
  return select(db, job, "idx BETWEEN ? AND ?", from, to);
}

/** Every task of the job that is claimed or running. */
export function tasksOut(db: Db, job: TaskOwner): StoredTask[] {
  return select(db, job, "state IN (1, 2)");
}

function select(db: Db, job: TaskOwner, where: string, ...values: number[]): StoredTask[] {
  const rows = db.prepare(`SELECT * FROM tasks WHERE job = ? AND ${where}`).all(job.seq, ...values);
  return rows.map((row) => taskOf(row as unknown as TaskRow, job));
}

interface TaskRow {
  idx: number;
  state: number;
  attempt: number;
  attempts: number;
  failures: number;
  losses: number;
  kill_requested: number;
  host: string | null;
  exit_code: number | null;
  reason: string | null;
  started_at: number | null;
  ended_at: number | null;
  parameters: string | null;
}

function taskOf(row: TaskRow, job: TaskOwner): StoredTask {
  const task: Task = {
    jobId: job.id,
    index: row.idx,
    state: TASK_STATES[row.state] ?? "failed",
    attempt: row.attempt,
    attempts: row.attempts,
    failures: row.failures,
    losses: row.losses,
    retries: job.spec.retries,
    killRequested: row.kill_requested === 1,
    hostId: row.host,
    exitCode: row.exit_code,
    signal: signalOf(row.exit_code),
    reason: row.reason,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  };
  return { task, parameters: row.parameters === null ? null : JSON.parse(row.parameters) as string[] };
}

/** Not stored: 128+n says it. 64 is the highest signal of Linux. */
export function signalOf(exitCode: number | null): number | null {
  return exitCode !== null && exitCode > 128 && exitCode <= 192 ? exitCode - 128 : null;
}

/** A task that no attempt was made of yet. */
export function newTask(job: TaskOwner, index: number): Task {
  return {
    jobId: job.id,
    index,
    state: "pending",
    attempt: 0,
    attempts: 0,
    failures: 0,
    losses: 0,
    retries: job.spec.retries,
    killRequested: false,
    hostId: null,
    exitCode: null,
    signal: null,
    reason: null,
    startedAt: null,
    endedAt: null,
  };
}

/** Makes the tasks `from` to `to` pending, one a row of `rows` where there are parameters. */
export function insertTasks(
  db: Db,
  jobSeq: number,
  from: number,
  to: number,
  rows: readonly (readonly string[])[] | null,
): void {
  if (rows === null) {
    db.prepare(
      "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2) " +
        "INSERT INTO tasks (job, idx) SELECT ?3, i FROM n",
    ).run(from, to, jobSeq);
    return;
  }
  db.prepare("INSERT INTO tasks (job, idx, parameters) SELECT ?, ? + key, value FROM json_each(?)")
    .run(jobSeq, from, JSON.stringify(rows.slice(from - 1, to)));
}

const UPDATE_TASK = "UPDATE tasks SET state = ?, attempt = ?, attempts = ?, failures = ?, losses = ?, " +
  "kill_requested = ?, host = ?, exit_code = ?, reason = ?, started_at = ?, ended_at = ? " +
  "WHERE job = ? AND idx = ?";

/** Writes all of the task but its parameters. */
export function updateTask(db: Db, jobSeq: number, task: Task): void {
  db.prepare(UPDATE_TASK).run(
    stateNumber(task.state),
    task.attempt,
    task.attempts,
    task.failures,
    task.losses,
    task.killRequested ? 1 : 0,
    task.hostId,
    task.exitCode,
    task.reason,
    task.startedAt,
    task.endedAt,
    jobSeq,
    task.index,
  );
}

/** What a step that is alike for many tasks writes: their numbers of attempts and hosts stay as they are. */
export type CommonStep = Pick<
  Task,
  "state" | "reason" | "exitCode" | "startedAt" | "endedAt" | "killRequested"
>;

/** Kills the pending tasks `from` to `to`. Answers how many. */
export function updatePending(db: Db, jobSeq: number, from: number, to: number, after: CommonStep): number {
  const { changes } = db.prepare(
    "UPDATE tasks SET state = ?, reason = ?, exit_code = ?, started_at = ?, ended_at = ?, kill_requested = ? " +
      "WHERE job = ? AND idx BETWEEN ? AND ? AND state = 0",
  ).run(...commonValues(after), jobSeq, from, to);
  return Number(changes);
}

/** The tasks `from` to `to` that are in one of these final states. */
export function finalBetween(
  db: Db,
  jobSeq: number,
  from: number,
  to: number,
  states: readonly TaskState[],
): { readonly index: number; readonly state: TaskState }[] {
  const list = states.map(stateNumber).join(", ");
  const rows = db.prepare(
    `SELECT idx, state FROM tasks WHERE job = ? AND idx BETWEEN ? AND ? AND state IN (${list}) ORDER BY idx`,
  ).all(jobSeq, from, to);
  return rows.map((row) => ({ index: Number(row.idx), state: TASK_STATES[Number(row.state)]! }));
}

/** Steps the tasks `from` to `to` that are in this final state, with failures and losses forgotten. */
export function updateFinal(
  db: Db,
  jobSeq: number,
  from: number,
  to: number,
  before: TaskState,
  after: CommonStep,
): void {
  db.prepare(
    "UPDATE tasks SET state = ?, reason = ?, exit_code = ?, started_at = ?, ended_at = ?, kill_requested = ?, " +
      "failures = 0, losses = 0 WHERE job = ? AND idx BETWEEN ? AND ? AND state = ?",
  ).run(...commonValues(after), jobSeq, from, to, stateNumber(before));
}

function commonValues(after: CommonStep): (string | number | null)[] {
  const { state, reason, exitCode, startedAt, endedAt, killRequested } = after;
  return [stateNumber(state), reason, exitCode, startedAt, endedAt, killRequested ? 1 : 0];
}

/** The pending indexes of a job as ranges in ascending order, both ends included. */
export function pendingRanges(db: Db, jobSeq: number): { from: number; to: number }[] {
  // Consecutive indexes have the same distance to their position among the pending ones.
  const rows = db.prepare(
    "SELECT min(idx) AS a, max(idx) AS b FROM " +
      "(SELECT idx, idx - row_number() OVER (ORDER BY idx) AS run FROM tasks WHERE job = ? AND state = 0) " +
      "GROUP BY run ORDER BY a",
  ).all(jobSeq);
  return rows.map((row) => ({ from: Number(row.a), to: Number(row.b) }));
}

/** The highest index that an attempt was ever issued for; 0 if none. */
export function lastAttempted(db: Db, jobSeq: number): number {
  const row = db.prepare(
    "SELECT idx FROM tasks WHERE job = ? AND attempt > 0 ORDER BY idx DESC LIMIT 1",
  ).get(jobSeq);
  return Number(row?.idx ?? 0);
}
