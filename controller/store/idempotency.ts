import type { Instant } from "../../core/time.ts";
import type { Clock } from "../../system/clock.ts";
import type { Db, Store } from "./store.ts";

/** The stored answer to a request. */
export interface StoredAnswer {
  /** SHA-256 of method, path and body. */
  readonly request: Uint8Array;
  readonly status: number;
  readonly body: string;
}

/** Where one keyed request's answer is written, once, inside the transaction of its effect if it can be. */
export interface Receipt {
  readonly written: boolean;
  record(db: Db, status: number, body: string): void;
}

/** How long an answer is kept. */
const ANSWERS_KEPT_MS = 24 * 60 * 60 * 1000;
/** Old answers are looked for at most this often: the search reads the whole table. */
const PURGE_EVERY_MS = 60 * 60 * 1000;

/** Answers to POSTs by (token, Idempotency-Key). */
export interface Idempotency {
  find(token: string, key: string): StoredAnswer | null;
  receipt(token: string, key: string, request: Uint8Array): Receipt;
}

export function createIdempotency(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): Idempotency {
  let purgedAt = -Infinity;
  return {
    find: (token, key) => store.read((db) => find(db, token, key, clock.now())),
    receipt(token, key, request) {
      let written = false;
      return {
        get written() {
          return written;
        },
        record(db, status, body) {
          const now = clock.now();
          if (now - purgedAt > PURGE_EVERY_MS) {
            purgedAt = now;
            db.prepare("DELETE FROM idempotency WHERE created_at <= ?").run(now - ANSWERS_KEPT_MS);
          }
          db.prepare(
            `INSERT INTO idempotency (token, key, request, status, body, created_at) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (token, key) DO UPDATE SET request = excluded.request, status = excluded.status,
               body = excluded.body, created_at = excluded.created_at`,
          ).run(token, key, request, status, body, now);
          written = true;
        },
      };
    },
  };
}

function find(db: Db, token: string, key: string, now: Instant): StoredAnswer | null {
  const row = db.prepare(
    "SELECT request, status, body FROM idempotency WHERE token = ? AND key = ? AND created_at > ?",
  ).get(token, key, now - ANSWERS_KEPT_MS);
  if (row === undefined) return null;
  return { request: row.request as Uint8Array, status: row.status as number, body: row.body as string };
}
