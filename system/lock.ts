import { hostname } from "node:os";
import { bootId } from "./machine.ts";

/** Who holds a lock, as it wrote down. */
export interface LockHolder {
  readonly pid: number;
  readonly hostname: string;
  readonly bootId: string;
  readonly startedAt: number;
  readonly version: string;
  /** What a controller serves, once it does. */
  readonly serves?: Serving;
}

/** A controller that listens, for programs of its own machine. */
export interface Serving {
  readonly fleet: string;
  /** host:port of the agents' listener. */
  readonly agentsAt: string;
}

/** A lock held until `release()`, or until this process ends in whatever way. */
export interface Lock {
  /** Writes beside our own words what is served. */
  describe(serves: Serving): void;
  release(): void;
  [Symbol.dispose](): void;
}

/** Either the lock, or who has it. `holder` is null where its words cannot be read. */
export type LockAttempt = { readonly lock: Lock } | {
  readonly lock: null;
  readonly holder: LockHolder | null;
};

/**
 * Takes the lock file at `path` without waiting. The kernel's lock decides on this machine; the words in the file
 * decide where the directory is shared with another machine, whose kernel may not know our lock.
 */
export function tryLock(path: string, version: string, now: number): LockAttempt {
  const file = Deno.openSync(path, { create: true, read: true, write: true, mode: 0o600 });
  const isOurs = file.tryLockSync(true);
  const holder = readLock(path);
  if (!isOurs || isElsewhere(holder)) {
    file.close();
    return { lock: null, holder };
  }
  const words: LockHolder = {
    pid: Deno.pid,
    hostname: hostname(),
    bootId: bootId(),
    startedAt: now,
    version,
  };
  rewrite(file, JSON.stringify(words) + "\n");
  let isHeld = true;
  const describe = (serves: Serving) => rewrite(file, JSON.stringify({ ...words, serves }) + "\n");
  const release = () => {
    if (!isHeld) return;
    isHeld = false;
    rewrite(file, "");
    file.close();
  };
  return { lock: { describe, release, [Symbol.dispose]: release } };
}

/** What the lock file says, or null for none, an empty or an unreadable one. A released lock is empty. */
export function readLock(path: string): LockHolder | null {
  try {
    return JSON.parse(Deno.readTextFileSync(path)) as LockHolder;
  } catch {
    return null;
  }
}

/** Who holds the lock on another machine, by the words in the file; null if none does. */
export function lockedElsewhere(path: string): LockHolder | null {
  const holder = readLock(path);
  return isElsewhere(holder) ? holder : null;
}

/**
 * A machine that got another name is the same one while it is up. The kernel's lock is not asked: some network file
 * systems show that of another machine, others do not.
 */
function isElsewhere(holder: LockHolder | null): holder is LockHolder {
  return holder !== null && holder.hostname !== hostname() && holder.bootId !== bootId();
}

/** Whether some process on this machine holds the lock now. */
export function isLocked(path: string): boolean {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true, write: true });
  } catch {
    return false;
  }
  const isFree = file.tryLockSync(true);
  file.close();
  return !isFree;
}

function rewrite(file: Deno.FsFile, text: string): void {
  file.truncateSync(0);
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode(text));
  file.syncDataSync();
}
