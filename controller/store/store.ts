import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Prepared statements and the connection, inside a change or a query. */
export interface Db {
  readonly raw: DatabaseSync;
  /** The statement of `sql`, prepared once. */
  prepare(sql: string): StatementSync;
}

/**
 * The controller's database: one connection, one writer, group commit.
 *
 * Changes that are asked for while a commit is under way, or in the same turn, share one transaction and one
 * fsync (a group is closed once it has run for some milliseconds; the rest follows in the next turn). A change runs synchronously inside it, so it must not await, and sees the changes before it. If it
 * throws, it alone is rolled back and its promise rejects; the others stand.
 */
export interface Store {
  /** Resolves once `change` is durable. */
  write<T>(change: (db: Db) => T): Promise<T>;
  /** What is committed, at once. Never sees half a group. */
  read<T>(query: (db: Db) => T): T;
  /**
   * Called after each commit with the seconds from the asking for its first change until it was durable. Must not
   * throw. Returns the way to stop.
   */
  onCommit(listener: (seconds: number) => void): () => void;
  /** Commits what is waiting, checkpoints and closes. */
  close(): Promise<void>;
}
