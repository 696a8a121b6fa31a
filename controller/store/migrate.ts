import type { DatabaseSync } from "node:sqlite";
import { messageOf, MusterError } from "../../core/errors.ts";
import { keepPrivateSync } from "../../system/files.ts";
import type { Log } from "../../system/log.ts";
import type { Migration } from "./migrations.ts";

/**
 * Brings the database up to the last of `migrations`, each in a transaction of its own, and keeps a copy of it as it
 * was beside it (`muster.db.before-0002`). An empty database gets no copy. Throws `Conflict` for a database that a
 * newer Muster wrote.
 */
export function migrate(raw: DatabaseSync, path: string, migrations: readonly Migration[], log: Log): void {
  const known = migrations.at(-1)?.number ?? 0;
  const version = schemaVersion(raw);
  if (version > known) throw newerThanWeKnow(path, version, known);
  for (const migration of migrations) {
    if (migration.number <= version) continue;
    if (version > 0) keepCopy(raw, path, migration.number);
    apply(raw, path, migration);
    log.info("database migrated", { path, to: migration.number });
  }
}

function schemaVersion(raw: DatabaseSync): number {
  return Number(raw.prepare("PRAGMA user_version").get()?.user_version ?? 0);
}

function newerThanWeKnow(path: string, version: number, known: number): MusterError {
  const problem = `it is of version ${version}, this Muster knows up to ${known}`;
  return new MusterError("Conflict", `Cannot open the database "${path}": ${problem}`, {
    hint: "Start the newer Muster that wrote it",
  });
}

/** Made under another name first, so that a copy that bears the name is whole. */
function keepCopy(raw: DatabaseSync, path: string, number: number): void {
  if (path === ":memory:") return;
  const copy = `${path}.before-${String(number).padStart(4, "0")}`;
  const unfinished = `${copy}.unfinished`;
  try {
    removeIfThere(unfinished);
    keepPrivateSync(unfinished); // SQLite copies into an empty file too.
    raw.prepare("VACUUM INTO ?").run(unfinished);
    Deno.renameSync(unfinished, copy);
  } catch (cause) {
    throw new MusterError(
      "OutOfSpace",
      `Cannot keep a copy of "${path}" before a migration: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function apply(raw: DatabaseSync, path: string, { number, sql }: Migration): void {
  raw.exec("BEGIN IMMEDIATE");
  try {
    raw.exec(sql);
    raw.exec(`PRAGMA user_version = ${number}`);
    raw.exec("COMMIT");
  } catch (cause) {
    if (raw.isTransaction) raw.exec("ROLLBACK");
    throw new MusterError("Internal", `Cannot migrate "${path}" to version ${number}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
