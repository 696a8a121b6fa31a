import assert from "node:assert/strict";
import { isLocked, lockedElsewhere, readLock, tryLock } from "../../../system/lock.ts";
import { bootId } from "../../../system/machine.ts";

function withLockPath(test: (path: string) => void): void {
  const directory = Deno.makeTempDirSync();
  try {
    test(`${directory}/lock`);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

Deno.test("tryLock() is refused while another holds it, and says who", () =>
  withLockPath((path) => {
    const first = tryLock(path, "1.2.3", 1000);
    assert(first.lock !== null);
    const second = tryLock(path, "1.2.3", 2000);
    assert(second.lock === null);
    assert.equal(second.holder?.pid, Deno.pid);
    assert.equal(second.holder?.startedAt, 1000);
    assert.equal(isLocked(path), true);
    first.lock.release();
  }));

Deno.test("tryLock() succeeds after a release and after a holder that died without one", () =>
  withLockPath((path) => {
    const first = tryLock(path, "1", 1);
    assert(first.lock !== null);
    first.lock.release();
    assert.equal(readLock(path), null);
    assert.equal(isLocked(path), false);
    // What a killed process leaves: its words, and no kernel lock.
    const again = tryLock(path, "1", 2);
    assert(again.lock !== null);
    const words = Deno.readTextFileSync(path);
    again.lock.release();
    Deno.writeTextFileSync(path, words);
    const third = tryLock(path, "1", 3);
    assert(third.lock !== null);
    third.lock.release();
  }));

Deno.test("tryLock() leaves alone the lock of another machine that shares the directory", () =>
  withLockPath((path) => {
    const words = { pid: 1, hostname: "another-machine", bootId: "b", startedAt: 5, version: "1" };
    Deno.writeTextFileSync(path, JSON.stringify(words));
    const attempt = tryLock(path, "1", 9);
    assert(attempt.lock === null);
    assert.deepEqual(attempt.holder, words);
    assert.deepEqual(readLock(path), words);
  }));

Deno.test("tryLock() takes what this machine left under another name before it ends its boot", () =>
  withLockPath((path) => {
    const words = { pid: 1, hostname: "name-of-yesterday", bootId: bootId(), startedAt: 5, version: "1" };
    Deno.writeTextFileSync(path, JSON.stringify(words));
    assert.equal(lockedElsewhere(path), null);
    const attempt = tryLock(path, "1", 9);
    assert(attempt.lock !== null);
    attempt.lock.release();
  }));
