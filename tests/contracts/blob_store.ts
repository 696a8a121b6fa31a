import assert from "node:assert/strict";
import type { BlobStore } from "../../controller/store/blob_store.ts";
import { sha256Of } from "../fakes/recording_work.ts";

export interface BlobStoreContract {
  readonly name: string;
  /** An empty store; files of it go under `directory`. */
  readonly create: (directory: string) => BlobStore | Promise<BlobStore>;
}

/** Bytes that differ from those of any other size. */
export function someBytes(size: number): Uint8Array {
  return new Uint8Array(size).map((_, at) => (at * 31 + (at >> 8)) % 256);
}

export function streamOf(bytes: Uint8Array, chunk = 7_000): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + chunk));
      at += chunk;
    },
  });
}

export async function bytesAt(blobs: BlobStore, name: string, offset?: number): Promise<Uint8Array> {
  const stream = await blobs.open(name, offset === undefined ? {} : { offset });
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
}

/** What every store of blobs promises; see controller/store/blob_store.ts. */
export function blobStoreContract({ name, create }: BlobStoreContract): void {
  const test = (title: string, body: (blobs: BlobStore) => Promise<void>) =>
    Deno.test(`${name}: ${title}`, async () => {
      const directory = await Deno.makeTempDir({ prefix: "muster-blobs-" });
      try {
        await body(await create(directory));
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    });

  test("put() keeps blobs of any size, each readable from an offset", async (blobs) => {
    for (const size of [1, 16_384, 16_385, 1_000_000]) {
      const bytes = someBytes(size);
      const name = sha256Of(bytes);
      assert.equal(blobs.size(name), null);
      assert.deepEqual(await blobs.put(name, streamOf(bytes)), { existed: false, size });
      assert.equal(blobs.size(name), size);
      assert.deepEqual(await bytesAt(blobs, name), bytes);
      assert.deepEqual(await bytesAt(blobs, name, size - 1), bytes.subarray(size - 1));
    }
  });

  test("put() of a blob that is there answers so and does not read it", async (blobs) => {
    const bytes = someBytes(50_000);
    const name = sha256Of(bytes);
    await blobs.put(name, streamOf(bytes));
    let isCancelled = false;
    const unread = new ReadableStream<Uint8Array>({ cancel: () => void (isCancelled = true) });
    assert.deepEqual(await blobs.put(name, unread), { existed: true, size: 50_000 });
    assert.ok(isCancelled);
  });

  test("put() of one blob by several senders at once stores it once", async (blobs) => {
    const bytes = someBytes(300_000);
    const name = sha256Of(bytes);
    const puts = await Promise.all([1, 2, 3].map(() => blobs.put(name, streamOf(bytes))));
    assert.equal(puts.filter(({ existed }) => !existed).length, 1);
    assert.deepEqual(await bytesAt(blobs, name), bytes);
  });

  test("put() keeps nothing of bytes that hash to another name, or are cut off", async (blobs) => {
    for (const size of [100, 100_000]) {
      const name = sha256Of(someBytes(size));
      await assert.rejects(blobs.put(name, streamOf(someBytes(size + 1))), { code: "InvalidInput" });
      const cut = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(someBytes(size)),
        pull: () => Promise.reject(new Error("cut")),
      });
      await assert.rejects(blobs.put(name, cut), /cut/);
      assert.equal(blobs.size(name), null);
      await assert.rejects(blobs.open(name), { code: "NotFound" });
    }
  });

  test("the empty blob is always stored", async (blobs) => {
    const name = sha256Of("");
    assert.equal(blobs.size(name), 0);
    assert.deepEqual(blobs.missing([name]), []);
    assert.deepEqual(await bytesAt(blobs, name), new Uint8Array(0));
    assert.equal((await blobs.put(name, streamOf(new Uint8Array(0)))).existed, true);
  });

  test("missing() names those that are not stored, in their order", async (blobs) => {
    const bytes = someBytes(10);
    await blobs.put(sha256Of(bytes), streamOf(bytes));
    const names = [sha256Of("a"), sha256Of(bytes), sha256Of("b")];
    assert.deepEqual(blobs.missing(names), [names[0], names[2]]);
  });

  test("a name that is no hash is refused", async (blobs) => {
    for (const name of ["../../etc/passwd", "", "A".repeat(64), `${"a".repeat(63)}/`]) {
      await assert.rejects(blobs.put(name, streamOf(someBytes(1))), { code: "InvalidInput" });
      await assert.rejects(blobs.open(name), { code: "InvalidInput" });
      assert.throws(() => blobs.size(name), { code: "InvalidInput" });
    }
  });
}
