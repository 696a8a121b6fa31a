import { MusterError } from "../../core/errors.ts";
import { nearest } from "../../core/suggest.ts";
import { jobById, jobBySeq, type StoredJob } from "./jobs.ts";
import type { Db } from "./store.ts";

/** Candidates that an ambiguous prefix is answered with. */
const CANDIDATES = 5;

/** Newest names that a wrong one is compared with. */
const NAMES = 500;

/**
 * The job that `text` means: an id, a name (its newest job), the beginning of exactly one id, or `last`. Throws
 * `NotFound` with the nearest name as hint, `InvalidInput` for a prefix of several ids.
 */
export function findJob(db: Db, text: string): StoredJob {
  return (text === "last" ? lastJob(db) : null) ?? jobById(db, text) ?? newestOfName(db, text) ??
    ofPrefix(db, text) ?? notFound(db, text);
}

function lastJob(db: Db): StoredJob | null {
  const seq = db.prepare("SELECT seq FROM jobs WHERE ready = 1 ORDER BY seq DESC LIMIT 1").get()?.seq;
  return seq === undefined ? null : jobBySeq(db, Number(seq));
}

function newestOfName(db: Db, name: string): StoredJob | null {
  const seq = db.prepare("SELECT seq FROM jobs WHERE name = ? AND ready = 1 ORDER BY seq DESC LIMIT 1")
    .get(name)?.seq;
  return seq === undefined ? null : jobBySeq(db, Number(seq));
}

function ofPrefix(db: Db, prefix: string): StoredJob | null {
  // A range instead of LIKE: it uses the index, and no character of it means more than itself.
  const rows = prefix === "" ? [] : db.prepare(
    "SELECT id, name FROM jobs WHERE id >= ? AND id < ? AND ready = 1 ORDER BY id LIMIT ?",
  ).all(prefix, `${prefix}\u{10ffff}`, CANDIDATES + 1);
  if (rows.length < 2) return rows[0] === undefined ? null : jobById(db, String(rows[0].id));
  const shown = rows.slice(0, CANDIDATES).map(({ id, name }) => `${id} (${name})`).join(", ");
  const more = rows.length > CANDIDATES ? ", …" : "";
  throw new MusterError("InvalidInput", `Cannot tell which job "${prefix}" is: ${shown}${more}`, {
    hint: "Give more characters of the id",
  });
}

function notFound(db: Db, text: string): never {
  const names = db.prepare(
    "SELECT DISTINCT name FROM (SELECT name FROM jobs WHERE ready = 1 ORDER BY seq DESC LIMIT ?)",
  )
    .all(NAMES).map(({ name }) => String(name));
  const near = nearest(text, names);
  const hint = near === undefined ? "Run `muster list` to see the jobs" : `Did you mean "${near}"?`;
  throw new MusterError("NotFound", `Cannot find job "${text}": no id or name begins so`, { hint });
}
