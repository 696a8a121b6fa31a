import type { Db } from "./store.ts";

/** A word the controller keeps about itself; null if it was never set. */
export function readMeta(db: Db, key: string): string | null {
  const value = db.prepare("SELECT value FROM meta WHERE key = ?").get(key)?.value;
  return value === undefined ? null : String(value);
}

export function writeMeta(db: Db, key: string, value: string): void {
  db.prepare(
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  )
    .run(key, value);
}
