import assert from "node:assert/strict";
import { join } from "node:path";
import type { BlobStore } from "../../../../controller/store/blob_store.ts";
import { openSqliteBlobStore, RESERVED_BYTES } from "../../../../controller/store/sqlite_blob_store.ts";
import { systemClock } from "../../../../system/clock.ts";
import { aStore } from "../../../builders/a_store.ts";
import { sha256Of } from "../../../fakes/recording_work.ts";

interface Lab extends AsyncDisposable {
  readonly directory: string;
  readonly blobs: BlobStore;
  freeBytes: number;
  reopen(): Promise<BlobStore>;
}

async function lab(): Promise<Lab> {
  const directory = await Deno.makeTempDir({ prefix: "muster-blobs-" });
  const store = aStore();
  const open = () =>
    openSqliteBlobStore({ store, directory, clock: systemClock, freeBytes: () => result.freeBytes });
  const result = {
    directory,
    freeBytes: 10e9,
    blobs: undefined as unknown as BlobStore,
    reopen: open,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
  result.blobs = await open();
  return result;
}

function streamOf(bytes: Uint8Array, chunk = 7_000): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + chunk));
      at += chunk;
    },
  });
}

async function bytesAt(blobs: BlobStore, name: string, offset?: number): Promise<Uint8Array> {
  const stream = await blobs.open(name, offset === undefined ? {} : { offset });
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

function someBytes(size: number): Uint8Array {
  return new Uint8Array(size).map((_, at) => (at * 31 + (at >> 8)) % 256);
}

Deno.test("BlobStore.put() keeps up to 16 KiB in the database and more as a file, each readable from an offset", async () => {
  await using it = await lab();
  for (const size of [1, 16_384, 16_385, 1_000_000]) {
    const bytes = someBytes(size);
    const name = sha256Of(bytes);
    assert.equal(it.blobs.size(name), null);
    assert.deepEqual(await it.blobs.put(name, streamOf(bytes)), { existed: false, size });
    assert.equal(it.blobs.size(name), size);
    assert.deepEqual(await bytesAt(it.blobs, name), bytes);
    assert.deepEqual(await bytesAt(it.blobs, name, size - 1), bytes.subarray(size - 1));
    const path = join(it.directory, name.slice(0, 2), name.slice(2));
    assert.equal(await Deno.stat(path).then(() => true, () => false), size > 16_384, `${size}`);
  }
});

Deno.test("BlobStore.put() of a blob that is there answers so and does not read it", async () => {
  await using it = await lab();
  const bytes = someBytes(50_000);
  const name = sha256Of(bytes);
  await it.blobs.put(name, streamOf(bytes));
  let isCancelled = false;
  const unread = new ReadableStream<Uint8Array>({ cancel: () => void (isCancelled = true) });
  assert.deepEqual(await it.blobs.put(name, unread), { existed: true, size: 50_000 });
  assert.ok(isCancelled);
});

Deno.test("BlobStore.put() of one blob by two senders at once stores it once", async () => {
  await using it = await lab();
  const bytes = someBytes(300_000);
  const name = sha256Of(bytes);
  const puts = await Promise.all([1, 2, 3].map(() => it.blobs.put(name, streamOf(bytes))));
  assert.equal(puts.filter(({ existed }) => !existed).length, 1);
  assert.deepEqual(await bytesAt(it.blobs, name), bytes);
});

Deno.test("BlobStore.put() keeps nothing of bytes that hash to another name, or are cut off", async () => {
  await using it = await lab();
  for (const size of [100, 100_000]) {
    const name = sha256Of(someBytes(size));
    await assert.rejects(it.blobs.put(name, streamOf(someBytes(size + 1))), { code: "InvalidInput" });
    const cut = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(someBytes(size)),
      pull: () => Promise.reject(new Error("cut")),
    });
    await assert.rejects(it.blobs.put(name, cut), /cut/);
    assert.equal(it.blobs.size(name), null);
    await assert.rejects(it.blobs.open(name), { code: "NotFound" });
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(join(it.directory, "tmp"))), []);
});

Deno.test("BlobStore.put() refuses with OutOfSpace under 500 MB and recovers", async () => {
  await using it = await lab();
  const bytes = someBytes(100);
  it.freeBytes = RESERVED_BYTES - 1;
  await assert.rejects(it.blobs.put(sha256Of(bytes), streamOf(bytes)), { code: "OutOfSpace" });
  it.freeBytes = RESERVED_BYTES;
  await it.blobs.put(sha256Of(bytes), streamOf(bytes));
});

Deno.test("the empty blob is always stored", async () => {
  await using it = await lab();
  const name = sha256Of("");
  assert.equal(it.blobs.size(name), 0);
  assert.deepEqual(it.blobs.missing([name]), []);
  assert.deepEqual(await bytesAt(it.blobs, name), new Uint8Array(0));
  assert.equal((await it.blobs.put(name, streamOf(new Uint8Array(0)))).existed, true);
});

Deno.test("BlobStore.missing() names those that are not stored, in their order", async () => {
  await using it = await lab();
  const bytes = someBytes(10);
  await it.blobs.put(sha256Of(bytes), streamOf(bytes));
  const names = [sha256Of("a"), sha256Of(bytes), sha256Of("b")];
  assert.deepEqual(it.blobs.missing(names), [names[0], names[2]]);
});

Deno.test("a name that is no hash never becomes a path", async () => {
  await using it = await lab();
  for (const name of ["../../etc/passwd", "", "A".repeat(64), `${"a".repeat(63)}/`]) {
    await assert.rejects(it.blobs.put(name, streamOf(someBytes(1))), { code: "InvalidInput" });
    await assert.rejects(it.blobs.open(name), { code: "InvalidInput" });
    assert.throws(() => it.blobs.size(name), { code: "InvalidInput" });
  }
});

Deno.test("openSqliteBlobStore() sweeps what an earlier process left half written, and keeps the rest", async () => {
  await using it = await lab();
  const bytes = someBytes(50_000);
  await it.blobs.put(sha256Of(bytes), streamOf(bytes));
  const leftover = join(it.directory, "tmp", "half");
  await Deno.writeFile(leftover, bytes);
  const blobs = await it.reopen();
  await assert.rejects(Deno.stat(leftover), Deno.errors.NotFound);
  assert.deepEqual(await bytesAt(blobs, sha256Of(bytes)), bytes);
});
