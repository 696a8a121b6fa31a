import { createHash, randomBytes } from "node:crypto";
import type { Role } from "../../core/api/fleet.ts";
import { MusterError } from "../../core/errors.ts";
import type { Instant } from "../../core/time.ts";
import type { Clock } from "../../system/clock.ts";
import type { Db, Store } from "./store.ts";

/** A token as it is stored: everything but the token itself. */
export interface Token {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  readonly revokedAt: Instant | null;
  readonly lastUsedAt: Instant | null;
}

export interface TokenRequest {
  readonly name: string;
  readonly role: Role;
  /** Seconds; null: never. */
  readonly expiresInSeconds: number | null;
}

/** The clients' keys. Only SHA-256 hashes are stored: 32 random bytes need no slow hash. */
export interface Tokens {
  /** The token's record, also of an expired or revoked one; null if it was never issued. One indexed read. */
  find(token: string): Token | null;
  /** Notes that it was used now; writes at most once a minute a token, and does not wait. */
  touch(token: Token): void;
  /** Makes a token. `token` is shown this once. */
  create(request: TokenRequest): Promise<{ readonly token: string; readonly record: Token }>;
  /** Newest first; `before` is the id that ended the last page. */
  list(limit: number, before?: string): { readonly items: readonly Token[]; readonly next: string | null };
  /** By id, or by a name that one unrevoked token bears. Twice is no error. Throws `NotFound`, `Conflict`. */
  revoke(idOrName: string): Promise<Token>;
}

/** Smallest time between two writes of `last_used_at` of one token. */
const TOUCH_EVERY_MS = 60_000;

export function createTokens({ store, clock }: { readonly store: Store; readonly clock: Clock }): Tokens {
  const touched = new Map<string, number>();
  return {
    find: (token) => store.read((db) => rowOf(db, "sha256 = ?", hashOf(token))),
    touch(token) {
      const now = clock.now();
      if (now - (touched.get(token.id) ?? token.lastUsedAt ?? 0) < TOUCH_EVERY_MS) return;
      touched.set(token.id, now);
      // A lost note of use harms nobody; the next use writes it again.
      store.write((db) => db.prepare("UPDATE tokens SET last_used_at = ? WHERE id = ?").run(now, token.id))
        .catch(() => touched.delete(token.id));
    },
    async create(request) {
      const token = newToken();
      const record = recordOf(request, clock.now());
      await store.write((db) => insert(db, record, token));
      return { token, record };
    },
    list: (limit, before) => store.read((db) => page(db, limit, before)),
    revoke: (idOrName) => store.write((db) => revoke(db, idOrName, clock.now())),
  };
}

/**
 * The owner's token of `client.json`: `current` if it is one and still valid, else a new one that the caller
 * writes there. A start that died between making and writing it is healed by the next.
 */
export async function ensureOwnerToken(
  tokens: Tokens,
  clock: Clock,
  current: string | null,
): Promise<string> {
  const known = current === null ? null : tokens.find(current);
  if (current !== null && known?.role === "owner" && refusalOf(known, clock.now()) === null) return current;
  return (await tokens.create({ name: "owner", role: "owner", expiresInSeconds: null })).token;
}

/** Why a token is not valid at `now`, as a word; null if it is. */
export function refusalOf(token: Token, now: Instant): "revoked" | "expired" | null {
  if (token.revokedAt !== null) return "revoked";
  return token.expiresAt !== null && token.expiresAt <= now ? "expired" : null;
}

/** `muster_` and 32 random bytes in base64url. */
function newToken(): string {
  return `muster_${randomBytes(32).toString("base64url")}`;
}

function hashOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

function recordOf(request: TokenRequest, now: Instant): Token {
  return {
    id: randomBytes(6).toString("hex"),
    name: request.name,
    role: request.role,
    createdAt: now,
    expiresAt: request.expiresInSeconds === null ? null : now + Math.round(request.expiresInSeconds * 1000),
    revokedAt: null,
    lastUsedAt: null,
  };
}

function insert(db: Db, record: Token, token: string): void {
  db.prepare(
    "INSERT INTO tokens (id, name, role, sha256, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
  ).run(record.id, record.name, record.role, hashOf(token), record.createdAt, record.expiresAt);
}

const COLUMNS = "id, name, role, created_at, expires_at, revoked_at, last_used_at";

function rowOf(db: Db, where: string, value: string | Uint8Array): Token | null {
  const row = db.prepare(`SELECT ${COLUMNS} FROM tokens WHERE ${where}`).get(value);
  return row === undefined ? null : tokenOf(row);
}

function tokenOf(row: Record<string, unknown>): Token {
  return {
    id: row.id as string,
    name: row.name as string,
    role: row.role as Role,
    createdAt: row.created_at as number,
    expiresAt: row.expires_at as number | null,
    revokedAt: row.revoked_at as number | null,
    lastUsedAt: row.last_used_at as number | null,
  };
}

function page(db: Db, limit: number, before?: string) {
  const last = before === undefined ? null : rowOf(db, "id = ?", before);
  if (before !== undefined && last === null) {
    throw new MusterError("InvalidInput", `Cannot list tokens: cursor "${before}" is none of ours`);
  }
  const rows = last === null
    ? db.prepare(`SELECT ${COLUMNS} FROM tokens ORDER BY created_at DESC, id DESC LIMIT ?`).all(limit + 1)
    : db.prepare(
      `SELECT ${COLUMNS} FROM tokens WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`,
    ).all(last.createdAt, last.id, limit + 1);
  const items = rows.slice(0, limit).map(tokenOf);
  return { items, next: rows.length > limit ? items.at(-1)?.id ?? null : null };
}

function revoke(db: Db, idOrName: string, now: Instant): Token {
  const token = rowOf(db, "id = ?", idOrName) ?? onlyBearer(db, idOrName);
  const revoked = { ...token, revokedAt: token.revokedAt ?? now };
  db.prepare("UPDATE tokens SET revoked_at = ? WHERE id = ?").run(revoked.revokedAt, token.id);
  return revoked;
}

function onlyBearer(db: Db, name: string): Token {
  const rows = db.prepare(`SELECT ${COLUMNS} FROM tokens WHERE name = ? ORDER BY created_at DESC`).all(name)
    .map(tokenOf);
  const live = rows.filter((token) => token.revokedAt === null);
  if (live.length > 1) {
    throw new MusterError("Conflict", `Cannot revoke token "${name}": ${live.length} tokens bear this name`, {
      hint: "Name it by its id; see `muster token list`",
    });
  }
  const found = live[0] ?? rows[0];
  if (found !== undefined) return found;
  throw new MusterError("NotFound", `Cannot revoke token "${name}": there is no such token`, {
    hint: "See `muster token list`",
  });
}
