import assert from "node:assert/strict";
import { MusterError } from "../../core/errors.ts";
import type { Db, Store } from "../../controller/store/store.ts";

export interface StoreContract {
  readonly name: string;
  /** An empty store with the schema of controller/store/migrations; files of it go under `directory`. */
  readonly create: (directory: string) => Store;
}

const put = (key: string) => (db: Db) => {
  db.prepare("INSERT INTO meta (key, value) VALUES (?, 'x')").run(key);
  return key;
};
const keys = (store: Store) =>
  store.read((db) => db.prepare("SELECT key FROM meta ORDER BY key").all().map(({ key }) => key));

/** What every store promises; see controller/store/store.ts. */
export function storeContract({ name, create }: StoreContract): void {
  const test = (title: string, body: (store: Store) => Promise<void>) =>
    Deno.test(`${name}: ${title}`, async () => {
      const directory = await Deno.makeTempDir();
      const store = create(directory);
      try {
        await body(store);
      } finally {
        await store.close();
        await Deno.remove(directory, { recursive: true });
      }
    });

  test("write() answers what the change returned, and read() sees it", async (store) => {
    assert.equal(await store.write(put("a")), "a");
    assert.deepEqual(keys(store), ["a"]);
  });

  test("a change sees the changes asked for before it", async (store) => {
    const first = store.write(put("a"));
    const second = store.write((db) => db.prepare("SELECT count(*) AS n FROM meta").get()?.n);
    assert.equal(await second, 1);
    await first;
  });

  test("a change that throws is rolled back alone", async (store) => {
    const before = store.write(put("before"));
    const failing = store.write((db) => {
      put("half")(db);
      throw new MusterError("Conflict", "Cannot do it");
    });
    const after = store.write(put("zafter"));
    await assert.rejects(failing, { code: "Conflict", message: "Cannot do it" });
    await Promise.all([before, after]);
    assert.deepEqual(keys(store), ["before", "zafter"]);
  });

  test("a change that asks for another one does not wait for itself", async (store) => {
    let inner: Promise<string> | undefined;
    await store.write((db) => {
      inner = store.write(put("b"));
      put("a")(db);
    });
    await inner;
    assert.deepEqual(keys(store), ["a", "b"]);
  });

  test("onCommit() tells the seconds of each commit, once a group, until it is stopped", async (store) => {
    const told: number[] = [];
    const stop = store.onCommit((seconds) => told.push(seconds));
    await Promise.all([store.write(put("a")), store.write(put("b"))]);
    assert.equal(told.length, 1);
    assert.ok(told[0]! > 0 && told[0]! < 10, `${told[0]} s`);
    await store.write(put("c"));
    assert.equal(told.length, 2);
    stop();
    await store.write(put("d"));
    assert.equal(told.length, 2);
  });

  test("close() commits what waits, and nothing is written after it", async (store) => {
    const waiting = store.write(put("a"));
    const closing = store.close();
    assert.equal(await waiting, "a");
    await closing;
    await assert.rejects(store.write(put("b")), /closed/);
  });
}
