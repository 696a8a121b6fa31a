import type { SQLOutputValue } from "node:sqlite";
import type { HostFacts, HostState } from "../../core/host.ts";
import type { Instant } from "../../core/time.ts";
import { factsFromJson, factsToJson } from "../../proto/facts.ts";
import type { Db } from "./store.ts";

/** `ready` is never stored: a session makes it. */
export type StoredHostState = Exclude<HostState, "ready">;

/** A row of `hosts`. */
export interface StoredHost {
  readonly id: string;
  readonly name: string;
  readonly state: StoredHostState;
  /** Null before its first session. */
  readonly facts: HostFacts | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly agentVersion: string;
  readonly machineId: string | null;
  /** SHA-256 of the public key it enrolled with; no other key of this host is let in. */
  readonly keySha256: Uint8Array;
  readonly lastSeenAt: Instant | null;
  readonly createdAt: Instant;
}

const COLUMNS =
  "id, name, state, facts, labels, agent_version, machine_id, key_sha256, last_seen_at, created_at";

/** All hosts, removed ones too, by name. */
export function listHosts(db: Db): StoredHost[] {
  return db.prepare(`SELECT ${COLUMNS} FROM hosts ORDER BY name`).all().map(hostOf);
}

export function getHost(db: Db, id: string): StoredHost | null {
  const row = db.prepare(`SELECT ${COLUMNS} FROM hosts WHERE id = ?`).get(id);
  return row === undefined ? null : hostOf(row);
}

export function getHostByName(db: Db, name: string): StoredHost | null {
  const row = db.prepare(`SELECT ${COLUMNS} FROM hosts WHERE name = ?`).get(name);
  return row === undefined ? null : hostOf(row);
}

export function getHostByKey(db: Db, keySha256: Uint8Array): StoredHost | null {
  const row = db.prepare(`SELECT ${COLUMNS} FROM hosts WHERE key_sha256 = ?`).get(keySha256);
  return row === undefined ? null : hostOf(row);
}

/** The host of this machine that was not removed. */
export function getHostByMachine(db: Db, machineId: string): StoredHost | null {
  const sql = `SELECT ${COLUMNS} FROM hosts WHERE machine_id = ? AND state <> 'removed' ORDER BY created_at`;
  const row = db.prepare(sql).get(machineId);
  return row === undefined ? null : hostOf(row);
}

/** Adds a host that has just enrolled: away until its first session. */
export function insertHost(
  db: Db,
  host: Pick<StoredHost, "id" | "name" | "machineId" | "keySha256" | "createdAt">,
): void {
  db.prepare(
    "INSERT INTO hosts (id, name, state, machine_id, key_sha256, created_at) VALUES (?, ?, 'away', ?, ?, ?)",
  ).run(host.id, host.name, host.machineId, host.keySha256, host.createdAt);
}

/** What a session's begin says of its host. A draining host stays draining, a lost one is only away again. */
export function recordRegister(
  db: Db,
  id: string,
  said: { readonly facts: HostFacts; readonly agentVersion: string; readonly now: Instant },
): void {
  db.prepare(
    `UPDATE hosts SET facts = ?, agent_version = ?, last_seen_at = ?,
       machine_id = coalesce(?, machine_id),
       state = CASE state WHEN 'lost' THEN 'away' ELSE state END WHERE id = ?`,
  ).run(factsToJson(said.facts), said.agentVersion, said.now, said.facts.machineId, id);
}

export function setHostState(db: Db, id: string, state: StoredHostState): void {
  db.prepare("UPDATE hosts SET state = ? WHERE id = ?").run(state, id);
}

/** Gives an away host up; false if it was not away (a draining one stays draining). */
export function setHostLost(db: Db, id: string): boolean {
  return db.prepare("UPDATE hosts SET state = 'lost' WHERE id = ? AND state = 'away'").run(id).changes > 0;
}

export function setHostKey(db: Db, id: string, keySha256: Uint8Array): void {
  db.prepare("UPDATE hosts SET key_sha256 = ? WHERE id = ?").run(keySha256, id);
}

export function setHostName(db: Db, id: string, name: string): void {
  db.prepare("UPDATE hosts SET name = ? WHERE id = ?").run(name, id);
}

/** The host was seen at `at`; never moves back. */
export function touchHost(db: Db, id: string, at: Instant): void {
  db.prepare("UPDATE hosts SET last_seen_at = max(coalesce(last_seen_at, 0), ?) WHERE id = ?").run(at, id);
}

function hostOf(row: Record<string, SQLOutputValue>): StoredHost {
  return {
    id: row.id as string,
    name: row.name as string,
    state: row.state as StoredHostState,
    facts: row.facts === null ? null : factsFromJson(row.facts as string),
    labels: JSON.parse(row.labels as string),
    agentVersion: row.agent_version as string,
    machineId: row.machine_id as string | null,
    keySha256: row.key_sha256 as Uint8Array,
    lastSeenAt: row.last_seen_at as number | null,
    createdAt: row.created_at as number,
  };
}
