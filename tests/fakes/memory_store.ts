import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Db, Store } from "../../controller/store/store.ts";

const schema = Deno.readTextFileSync(
  new URL("../../controller/store/migrations/0001_begin.sql", import.meta.url),
);

/** A store in memory: each change is its own transaction. */
export function memoryStore(): Store & Disposable {
  const raw = new DatabaseSync(":memory:");
  raw.exec(schema);
  const statements = new Map<string, StatementSync>();
  const db: Db = {
    raw,
    prepare(sql) {
      const statement = statements.get(sql) ?? raw.prepare(sql);
      statements.set(sql, statement);
      return statement;
    },
  };
  return {
    // deno-lint-ignore require-await -- a change that throws rejects
    async write(change) {
      raw.exec("BEGIN");
      try {
        const value = change(db);
        raw.exec("COMMIT");
        return value;
      } catch (error) {
        raw.exec("ROLLBACK");
        throw error;
      }
    },
    read: (query) => query(db),
    close: () => Promise.resolve(),
    [Symbol.dispose]: () => raw.close(),
  };
}
