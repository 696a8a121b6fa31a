import { DatabaseSync, type StatementSync } from "node:sqlite";
import schema from "../../controller/store/migrations/0001_begin.sql" with { type: "text" };
import type { Db, Store } from "../../controller/store/store.ts";

/** A store in memory: each change is a transaction of its own and "durable" in the next microtask. */
export class MemoryStore implements Store {
  readonly #db: Db;

  constructor() {
    const raw = new DatabaseSync(":memory:");
    raw.exec(schema);
    const statements = new Map<string, StatementSync>();
    const prepare = (sql: string) => {
      const statement = statements.get(sql) ?? raw.prepare(sql);
      statements.set(sql, statement);
      return statement;
    };
    this.#db = { raw, prepare };
  }

  write<T>(change: (db: Db) => T): Promise<T> {
    return Promise.resolve().then(() => {
      this.#db.raw.exec("BEGIN");
      try {
        const result = change(this.#db);
        this.#db.raw.exec("COMMIT");
        return result;
      } catch (error) {
        this.#db.raw.exec("ROLLBACK");
        throw error;
      }
    });
  }

  read<T>(query: (db: Db) => T): T {
    return query(this.#db);
  }

  close(): Promise<void> {
    this.#db.raw.close();
    return Promise.resolve();
  }
}
