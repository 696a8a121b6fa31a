import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { MIGRATIONS } from "../../../../controller/store/migrations.ts";
import { openStore } from "../../../../controller/store/sqlite_store.ts";
import { systemClock } from "../../../../system/clock.ts";
import { silentLog } from "../../../../system/log.ts";
import { storeContract } from "../../../contracts/store.ts";

const options = { log: silentLog, clock: systemClock };

storeContract({ name: "openStore() in memory", create: () => openStore(":memory:", options) });
storeContract({
  name: "openStore() on a file",
  create: (directory) => openStore(join(directory, "muster.db"), options),
});

function onDisk(title: string, body: (path: string) => void | Promise<void>): void {
  Deno.test(`openStore() ${title}`, async () => {
    const directory = await Deno.makeTempDir();
    try {
      await body(join(directory, "muster.db"));
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

const setA = "INSERT INTO meta (key, value) VALUES ('a', '1')";

onDisk("finds what was committed before a kill -9", async (path) => {
  const store = openStore(path, options);
  await store.write((db) => db.raw.exec(setA));
  // What a killed process leaves: the files as they are, the log not copied back.
  Deno.copyFileSync(path, `${path}.copy`);
  Deno.copyFileSync(`${path}-wal`, `${path}.copy-wal`);
  await store.close();
  const again = openStore(`${path}.copy`, options);
  assert.equal(again.read((db) => db.prepare("SELECT value FROM meta").get()?.value), "1");
  await again.close();
});

onDisk("keeps a copy before it migrates a database that has content", async (path) => {
  const first = openStore(path, options);
  await first.write((db) => db.raw.exec(setA));
  await first.close();
  const migrations = [...MIGRATIONS, { number: 2, sql: "DELETE FROM meta; CREATE TABLE more (x)" }];
  const second = openStore(path, { ...options, migrations });
  assert.equal(second.read((db) => db.prepare("SELECT count(*) AS n FROM meta").get()?.n), 0);
  await second.close();
  const copy = new DatabaseSync(`${path}.before-0002`);
  assert.equal(copy.prepare("SELECT value FROM meta").get()?.value, "1");
  assert.equal(copy.prepare("PRAGMA user_version").get()?.user_version, 1);
  copy.close();
});

onDisk("keeps everything of the database to its owner, also what was open to all before", async (path) => {
  const mode = (suffix: string) => ((Deno.statSync(path + suffix).mode ?? 0) & 0o777).toString(8);
  const first = openStore(path, options);
  await first.write((db) => db.raw.exec(setA));
  assert.deepEqual(["", "-wal", "-shm"].map(mode), ["600", "600", "600"]);
  // As a killed process leaves it, made by a version that did not look after this.
  for (const suffix of ["", "-wal", "-shm"]) {
    Deno.copyFileSync(path + suffix, `${path}.old${suffix}`);
    Deno.chmodSync(`${path}.old${suffix}`, 0o644);
  }
  await first.close();
  const migrations = [...MIGRATIONS, { number: 2, sql: "CREATE TABLE more (x)" }];
  const second = openStore(`${path}.old`, { ...options, migrations });
  assert.equal(second.read((db) => db.prepare("SELECT value FROM meta").get()?.value), "1");
  const suffixes = [".old", ".old-wal", ".old-shm", ".old.before-0002"];
  assert.deepEqual(suffixes.map(mode), ["600", "600", "600", "600"]);
  await second.close();
});

onDisk("leaves a database as it was when a migration fails", async (path) => {
  await openStore(path, options).close();
  const migrations = [...MIGRATIONS, { number: 2, sql: "CREATE TABLE more (x); nonsense" }];
  assert.throws(() => openStore(path, { ...options, migrations }), /Cannot migrate .* to version 2/);
  const store = openStore(path, options);
  assert.equal(
    store.read((db) => db.prepare("SELECT name FROM sqlite_master WHERE name = 'more'").get()),
    undefined,
  );
  await store.close();
});

onDisk("refuses a database that a newer Muster wrote", async (path) => {
  const migrations = [...MIGRATIONS, { number: 9, sql: "CREATE TABLE more (x)" }];
  await openStore(path, { ...options, migrations }).close();
  assert.throws(() => openStore(path, options), {
    code: "Conflict",
    message: /version 9, this Muster knows up to 1$/,
  });
});

onDisk("refuses a file that is no database", (path) => {
  Deno.writeTextFileSync(path, "hello ".repeat(1000));
  assert.throws(() => openStore(path, options), { code: "Internal", message: /file is not a database/ });
});

onDisk("refuses a damaged database", async (path) => {
  const store = openStore(path, options);
  await store.write((db) => {
    for (let at = 0; at < 2000; at++) db.prepare("INSERT INTO meta VALUES (?, 'x')").run(`key-${at}`);
  });
  await store.close();
  const bytes = Deno.readFileSync(path);
  bytes.fill(0x5a, 8192, bytes.length - 4096);
  Deno.writeFileSync(path, bytes);
  assert.throws(() => openStore(path, options), { code: "Internal", message: /Cannot open the database/ });
});

onDisk("goes on after the disk was full", async (path) => {
  const store = openStore(path, options);
  store.read(({ raw }) => {
    const pages = Number(raw.prepare("PRAGMA page_count").get()?.page_count);
    raw.exec(`PRAGMA max_page_count = ${pages + 2}`);
  });
  const flood = store.write((db) => {
    for (let at = 0; at < 500; at++) {
      db.prepare("INSERT INTO meta VALUES (?, ?)").run(`k${at}`, "x".repeat(500));
    }
  });
  await assert.rejects(flood, {
    code: "OutOfSpace",
    message: "Cannot write to the database: the disk is full",
  });
  await store.write((db) => db.raw.exec(setA));
  assert.equal(store.read((db) => db.prepare("SELECT count(*) AS n FROM meta").get()?.n), 1);
  store.read(({ raw }) => raw.exec("PRAGMA max_page_count = 1000000"));
  await store.close();
});

onDisk("does not let its log grow without bound", async (path) => {
  const store = openStore(path, options);
  for (let round = 0; round < 30; round++) {
    await store.write((db) => {
      for (let at = 0; at < 200; at++) {
        db.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)").run(`k${at}`, "x".repeat(4000));
      }
    });
  }
  // 30 rounds write some 25 MB of pages; a log of 2000 pages is 8 MB.
  assert.ok(Deno.statSync(`${path}-wal`).size < 12e6);
  await store.close();
});
