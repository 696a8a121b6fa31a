import type { Instant } from "../../core/time.ts";
import type { Db } from "./store.ts";

/** Events older than this many milliseconds are forgotten: 30 days. */
const EVENT_AGE_MS = 30 * 24 * 3600 * 1000;

/** Events beyond this many are forgotten, oldest first. */
const EVENT_COUNT = 1_000_000;

/** A recorded fact to be. */
export interface NewEvent {
  readonly at: Instant;
  /** `job.submitted`, `task.running`, `host.away` … */
  readonly kind: string;
  /** Number and id of the job it is about. */
  readonly job: { readonly seq: number; readonly id: string } | null;
  readonly index: number | null;
  readonly hostId: string | null;
  /** Small and plain; null for nothing. */
  readonly data: Readonly<Record<string, unknown>> | null;
}

/** A recorded fact. */
export interface StoredEvent {
  readonly seq: number;
  readonly at: Instant;
  readonly kind: string;
  /** Null if it is about no job, or about one that was deleted. */
  readonly jobId: string | null;
  readonly index: number | null;
  readonly hostId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventQuery {
  /** Only events after this number. Default 0: from the oldest. */
  readonly since?: number;
  /** Default 1000. */
  readonly limit?: number;
  /** Id of a job. */
  readonly jobId?: string;
  readonly kind?: string;
}

/** Events in the order of their numbers. */
export function listEvents(db: Db, query: EventQuery = {}): StoredEvent[] {
  const { since = 0, limit = 1000, jobId, kind } = query;
  const where = ["e.seq > ?"];
  const values: (string | number)[] = [since];
  if (jobId !== undefined) {
    where.push("e.job = (SELECT seq FROM jobs WHERE id = ?)");
    values.push(jobId);
  }
  if (kind !== undefined) {
    where.push("e.kind = ?");
    values.push(kind);
  }
  const rows = db.prepare(
    "SELECT e.seq, e.at, e.kind, j.id AS job_id, e.idx, e.host, e.data FROM events e " +
      `LEFT JOIN jobs j ON j.seq = e.job WHERE ${where.join(" AND ")} ORDER BY e.seq LIMIT ?`,
  ).all(...values, limit);
  return rows.map((row) => eventOf(row as unknown as EventRow));
}

interface EventRow {
  seq: number;
  at: number;
  kind: string;
  job_id: string | null;
  idx: number | null;
  host: string | null;
  data: string | null;
}

function eventOf(row: EventRow): StoredEvent {
  return {
    seq: row.seq,
    at: row.at,
    kind: row.kind,
    jobId: row.job_id,
    index: row.idx,
    hostId: row.host,
    data: row.data === null ? {} : JSON.parse(row.data),
  };
}

/** Number of the oldest event that is kept; cursors before it minus one answer `Gone`. Null if there is none. */
export function oldestEvent(db: Db): number | null {
  const seq = db.prepare("SELECT seq FROM events ORDER BY seq LIMIT 1").get()?.seq;
  return seq === undefined ? null : Number(seq);
}

/** Number of the newest event; 0 before the first. */
export function newestEvent(db: Db): number {
  return Number(db.prepare("SELECT seq FROM events ORDER BY seq DESC LIMIT 1").get()?.seq ?? 0);
}

/** Rows that share one call into SQLite, which costs as much as three rows. */
const ROWS = 16;
const COLUMNS = "INSERT INTO events (at, kind, job, idx, host, data) VALUES ";
const ROW = "(?, ?, ?, ?, ?, ?)";
const INSERT_ONE = COLUMNS + ROW;
const INSERT_MANY = COLUMNS + Array(ROWS).fill(ROW).join(", ");

/** Records the events in their order and answers the number of the last. Their numbers are consecutive. */
export function insertEvents(db: Db, events: readonly NewEvent[]): number {
  let last: number | bigint = 0;
  let at = 0;
  for (; at + ROWS <= events.length; at += ROWS) {
    const values: (string | number | null)[] = [];
    for (let next = at; next < at + ROWS; next++) pushValues(values, events[next]!);
    last = db.prepare(INSERT_MANY).run(...values).lastInsertRowid;
  }
  for (; at < events.length; at++) {
    const values: (string | number | null)[] = [];
    pushValues(values, events[at]!);
    last = db.prepare(INSERT_ONE).run(...values).lastInsertRowid;
  }
  return Number(last);
}

function pushValues(values: (string | number | null)[], event: NewEvent): void {
  const data = event.data === null ? null : JSON.stringify(event.data);
  values.push(event.at, event.kind, event.job?.seq ?? null, event.index, event.hostId, data);
}

/** The same events as they are once committed; `last` is what {@linkcode insertEvents} answered. */
export function storedEvents(events: readonly NewEvent[], last: number): StoredEvent[] {
  const first = last - events.length + 1;
  return events.map((event, position) => ({
    seq: first + position,
    at: event.at,
    kind: event.kind,
    jobId: event.job?.id ?? null,
    index: event.index,
    hostId: event.hostId,
    data: event.data ?? {},
  }));
}

/**
 * Forgets up to `limit` events that are too old or too many and answers how many. The newest always stays: numbers
 * are never given twice.
 */
export function forgetEvents(db: Db, now: Instant, limit: number, keep: number = EVENT_COUNT): number {
  const newest = newestEvent(db);
  const tooOld = Number(
    db.prepare("SELECT max(seq) AS seq FROM (SELECT seq, at FROM events ORDER BY seq LIMIT ?) WHERE at < ?")
      .get(limit, now - EVENT_AGE_MS)?.seq ?? 0,
  );
  const oldest = oldestEvent(db) ?? 0;
  const upTo = Math.min(Math.max(tooOld, newest - keep), newest - 1, oldest + limit - 1);
  if (upTo < oldest) return 0;
  return Number(db.prepare("DELETE FROM events WHERE seq <= ?").run(upTo).changes);
}
