import type { EnrollBody } from "../../core/api/fleet.ts";
import { MusterError } from "../../core/errors.ts";
import { readRequest, type RequestedKey } from "../../system/certificates.ts";
import type { Clock } from "../../system/clock.ts";
import {
  getHostByKey,
  getHostByMachine,
  getHostByName,
  insertHost,
  setHostKey,
  setHostName,
  type StoredHost,
} from "../store/hosts.ts";
import type { Db, Store } from "../store/store.ts";
import type { Authority } from "./authority.ts";

export interface EnrollParts {
  readonly store: Store;
  readonly authority: Authority;
  readonly clock: Clock;
}

/** What a host needs to dial in, but for the address. */
export interface Enrolled {
  readonly hostId: string;
  /** As given, or with a number where another host has it. */
  readonly name: string;
  readonly fleet: string;
  readonly certificatePem: string;
  readonly caPem: string;
  readonly controllerName: string;
}

const ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
const ID_LENGTH = 12;

/**
 * Lets a host in for an owner: the same key is the same host, and so is the same machine with a new key (its
 * former key is let in no more). Throws `InvalidInput` for a request that is none, `NotAllowed` for the key of a
 * removed host.
 */
export async function enrollHost(parts: EnrollParts, body: EnrollBody): Promise<Enrolled> {
  const { store, authority, clock } = parts;
  const name = checkedName(body.name);
  const key = await readRequest(body.csr);
  const host = await store.write((db) => admit(db, { name, key, machineId: body.machine_id ?? null }, clock));
  return {
    hostId: host.id,
    name: host.name,
    fleet: authority.fleet,
    certificatePem: await authority.signHost(key, host.id),
    caPem: authority.caPem,
    controllerName: authority.controllerName,
  };
}

interface Request {
  readonly name: string;
  readonly key: RequestedKey;
  readonly machineId: string | null;
}

function admit(db: Db, request: Request, clock: Clock): Pick<StoredHost, "id" | "name"> {
  const sameKey = getHostByKey(db, request.key.sha256);
  if (sameKey?.state === "removed") throw removed(sameKey.name);
  if (sameKey !== null) return sameKey;
  const sameMachine = request.machineId === null ? null : getHostByMachine(db, request.machineId);
  if (sameMachine === null) return add(db, request, clock);
  setHostKey(db, sameMachine.id, request.key.sha256);
  return sameMachine;
}

function add(db: Db, request: Request, clock: Clock): Pick<StoredHost, "id" | "name"> {
  const host = {
    id: newHostId(),
    name: freeName(db, request.name),
    machineId: request.machineId,
    keySha256: request.key.sha256,
    createdAt: clock.now(),
  };
  insertHost(db, host);
  return host;
}

/** The name, or the first of name-2, name-3 … that is free. A removed host gives its name up. */
function freeName(db: Db, name: string): string {
  for (let count = 1;; count++) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    const holder = getHostByName(db, candidate);
    if (holder === null) return candidate;
    if (holder.state !== "removed") continue;
    setHostName(db, holder.id, `${candidate} (removed, ${holder.id})`);
    return candidate;
  }
}

function checkedName(name: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]{0,62})$/.test(name)) return name;
  throw new MusterError(
    "InvalidInput",
    `Cannot enroll host "${
      name.slice(0, 80)
    }": a name is up to 63 letters, digits, dots, hyphens and underscores`,
  );
}

function removed(name: string): MusterError {
  return new MusterError("NotAllowed", `Cannot enroll host "${name}": it was removed from the fleet`, {
    hint: "Add it again with a new key: `muster host add`",
  });
}

/** A DNS label that says nothing of the machine. */
function newHostId(): string {
  const random = crypto.getRandomValues(new Uint8Array(ID_LENGTH));
  return `h${Array.from(random, (byte) => ID_LETTERS[byte % 32]).join("")}`;
}
