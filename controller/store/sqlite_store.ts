import { statSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { clearImmediate, clearTimeout, setImmediate, setTimeout } from "node:timers";
import { messageOf, MusterError } from "../../core/errors.ts";
import type { Clock } from "../../system/clock.ts";
import { keepPrivateSync } from "../../system/files.ts";
import type { Log } from "../../system/log.ts";
import { migrate } from "./migrate.ts";
import { type Migration, MIGRATIONS } from "./migrations.ts";
import { asStoreError } from "./sqlite_errors.ts";
import type { Db, Store } from "./store.ts";

export interface StoreOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** Default: all of migrations.ts. */
  readonly migrations?: readonly Migration[];
}

/** Pages of 4 KiB in the log before a commit also checkpoints: 8 MiB take a few milliseconds to copy. */
const CHECKPOINT_PAGES = 2000;

/** After a burst of commits, the log is copied into the database once nothing was written for this long. */
const IDLE_CHECKPOINT_MS = 1000;

/** The log file is cut back to this size in bytes after a large transaction. */
const LOG_BYTES = 64 * 1024 * 1024;

/** Databases up to this size in bytes are checked whole when opened; it costs 2 ms a MiB. */
const CHECKED_BYTES = 64 * 1024 * 1024;

/**
 * Opens (or makes) the database at `path`; `:memory:` is the twin that keeps nothing. Throws `Conflict` for one that
 * a newer Muster wrote, `Internal` for a damaged one.
 */
export function openStore(path: string, options: StoreOptions): Store {
  const raw = open(path);
  try {
    configure(raw);
    checkWhole(raw, path);
    migrate(raw, path, options.migrations ?? MIGRATIONS, options.log);
  } catch (error) {
    raw.close();
    throw error instanceof MusterError ? error : unreadable(path, error);
  }
  return new SqliteStore(raw, options.log);
}

function open(path: string): DatabaseSync {
  try {
    makePrivate(path);
    return new DatabaseSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** SQLite gives its log and index files the rights of the database. */
function makePrivate(path: string): void {
  if (path === ":memory:") return;
  keepPrivateSync(path);
  // Left by a controller that was killed; the next one goes on in them.
  for (const left of [`${path}-wal`, `${path}-shm`]) {
    if (statSync(left, { throwIfNoEntry: false }) !== undefined) keepPrivateSync(left);
  }
}

function configure(raw: DatabaseSync): void {
  raw.exec("PRAGMA busy_timeout = 5000");
  raw.exec("PRAGMA journal_mode = WAL");
  raw.exec("PRAGMA synchronous = FULL");
  // macOS: fsync alone does not reach the disk.
  raw.exec("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON");
  raw.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA journal_size_limit = ${LOG_BYTES}`);
  // Memory for pages; the default of 2 MiB makes large tables spill into the log before the commit.
  raw.exec("PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY");
}

function checkWhole(raw: DatabaseSync, path: string): void {
  const pages = Number(raw.prepare("PRAGMA page_count").get()?.page_count ?? 0);
  if (pages * 4096 > CHECKED_BYTES) return;
  const answer = raw.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (answer !== "ok") throw unreadable(path, String(answer).split("\n").at(-1));
}

function unreadable(path: string, cause: unknown): MusterError {
  return new MusterError("Internal", `Cannot open the database "${path}": ${messageOf(cause)}`, {
    cause,
    hint: "If it is damaged, restore it from a copy or move it away to begin anew",
  });
}

/**
 * A group that has run for this many milliseconds is committed and the rest waits for the next turn, so that a
 * flood of reports does not hold up a request.
 */
const GROUP_MS = 8;

interface Waiting {
  readonly change: (db: Db) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** On the monotonic clock, in ms. */
  readonly askedAt: number;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

class SqliteStore implements Store {
  readonly #raw: DatabaseSync;
  readonly #log: Log;
  readonly #db: Db;
  readonly #statements = new Map<string, StatementSync>();
  readonly #waiting: Waiting[] = [];
  #turn: ReturnType<typeof setImmediate> | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  readonly #commitListeners = new Set<(seconds: number) => void>();
  #lastCommitAt = 0;
  #closed = false;

  constructor(raw: DatabaseSync, log: Log) {
    this.#raw = raw;
    this.#log = log;
    this.#db = { raw, prepare: (sql) => this.#prepare(sql) };
  }

  write<T>(change: (db: Db) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new MusterError("Internal", "Cannot write: the store is closed"));
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.push({
      change,
      resolve: resolve as (value: unknown) => void,
      reject,
      askedAt: performance.now(),
    });
    // A turn of the event loop later, so that everything which arrived together shares one fsync.
    this.#turn ??= setImmediate(() => this.#commitGroup());
    return promise;
  }

  read<T>(query: (db: Db) => T): T {
    return query(this.#db);
  }

  onCommit(listener: (seconds: number) => void): () => void {
    this.#commitListeners.add(listener);
    return () => this.#commitListeners.delete(listener);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    while (this.#waiting.length > 0) this.#commitGroup();
    clearTimeout(this.#idle);
    try {
      this.#raw.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      this.#log.warn("checkpoint failed", { error: messageOf(error) });
    }
    this.#statements.clear();
    this.#raw.close();
    return Promise.resolve();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, statement = this.#raw.prepare(sql));
    return statement;
  }

  /** Runs and commits what waits, also what is asked for by the changes themselves. */
  #commitGroup(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    const outcomes: Outcome[] = [];
    const failure = this.#transaction(waiting, outcomes);
    // A failure is everybody's: what did not run would not have been kept either.
    const group = failure === null ? waiting.splice(0, outcomes.length) : waiting.splice(0);
    clearImmediate(this.#turn);
    this.#turn = waiting.length > 0 ? setImmediate(() => this.#commitGroup()) : undefined;
    settle(group, outcomes, failure);
    this.#lastCommitAt = performance.now();
    if (failure === null) this.#tell((this.#lastCommitAt - group[0]!.askedAt) / 1000);
    this.#checkpointWhenIdle();
  }

  /** Null once committed, else why nothing of the group was kept. */
  #transaction(waiting: readonly Waiting[], outcomes: Outcome[]): Error | null {
    try {
      this.#prepare("BEGIN IMMEDIATE").run();
      const until = performance.now() + GROUP_MS;
      // Grows while it runs: a change may ask for another one.
      for (let at = 0; at < waiting.length; at++) {
        outcomes.push(this.#runOne(waiting[at]!));
        if (performance.now() > until) break;
      }
      this.#prepare("COMMIT").run();
      return null;
    } catch (error) {
      if (this.#raw.isTransaction) this.#raw.exec("ROLLBACK");
      this.#log.error("commit failed", { error: messageOf(error), changes: waiting.length });
      return asStoreError("commit", error);
    }
  }

  /** One that throws takes back what it did; SQLite itself may have taken back the whole group (full disk). */
  #runOne({ change }: Waiting): Outcome {
    this.#prepare("SAVEPOINT change").run();
    try {
      const value = change(this.#db);
      this.#prepare("RELEASE change").run();
      return { value };
    } catch (error) {
      if (!this.#raw.isTransaction) throw error;
      this.#prepare("ROLLBACK TO change").run();
      this.#prepare("RELEASE change").run();
      return { error: asStoreError("write", error) };
    }
  }

  #tell(seconds: number): void {
    for (const listener of this.#commitListeners) listener(seconds);
  }

  #checkpointWhenIdle(): void {
    if (this.#idle !== undefined || this.#closed) return;
    const wait = (ms: number) => {
      this.#idle = setTimeout(() => {
        const rest = this.#lastCommitAt + IDLE_CHECKPOINT_MS - performance.now();
        if (rest > 1) return wait(rest);
        this.#idle = undefined;
        this.#checkpoint();
      }, ms);
      this.#idle.unref();
    };
    wait(IDLE_CHECKPOINT_MS);
  }

  #checkpoint(): void {
    try {
      this.#raw.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (error) {
      this.#log.warn("checkpoint failed", { error: messageOf(error) });
    }
  }
}

function settle(group: readonly Waiting[], outcomes: readonly Outcome[], failure: Error | null): void {
  for (const [at, { resolve, reject }] of group.entries()) {
    const outcome = outcomes[at];
    if (failure !== null || outcome === undefined) reject(failure);
    else if ("error" in outcome) reject(outcome.error);
    else resolve(outcome.value);
  }
}
