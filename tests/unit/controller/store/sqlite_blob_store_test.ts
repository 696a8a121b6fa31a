import assert from "node:assert/strict";
import { join } from "node:path";
import type { BlobStore } from "../../../../controller/store/blob_store.ts";
import { openSqliteBlobStore, RESERVED_BYTES } from "../../../../controller/store/sqlite_blob_store.ts";
import { systemClock } from "../../../../system/clock.ts";
import { blobStoreContract, bytesAt, someBytes, streamOf } from "../../../contracts/blob_store.ts";
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

blobStoreContract({
  name: "openSqliteBlobStore()",
  create: (directory) =>
    openSqliteBlobStore({ store: aStore(), directory, clock: systemClock, freeBytes: () => 10e9 }),
});

Deno.test("openSqliteBlobStore() keeps up to 16 KiB in the database and more as a file", async () => {
  await using it = await lab();
  for (const size of [16_384, 16_385]) {
    const name = sha256Of(someBytes(size));
    await it.blobs.put(name, streamOf(someBytes(size)));
    const path = join(it.directory, name.slice(0, 2), name.slice(2));
    assert.equal(await Deno.stat(path).then(() => true, () => false), size > 16_384, `${size}`);
  }
});

Deno.test("openSqliteBlobStore() leaves no file of bytes that hash to another name", async () => {
  await using it = await lab();
  const wrong = it.blobs.put(sha256Of(someBytes(100_000)), streamOf(someBytes(100_001)));
  await assert.rejects(wrong, { code: "InvalidInput" });
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
