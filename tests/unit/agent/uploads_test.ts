import assert from "node:assert/strict";
import { Uploads } from "../../../agent/uploads.ts";
import type { BlobChunkMessage } from "../../../proto/messages.ts";
import { anEnd, bytesOf, sha256Of } from "../../fakes/recording_work.ts";

const never = new AbortController().signal;

Deno.test("Uploads.needed() names blobs that are neither inline, empty, nor sent before", async () => {
  const uploads = new Uploads();
  const large = new Uint8Array(20_000);
  const file = { src: "a", size: 5, sha256: sha256Of("hello"), mode: 0o644 };
  const end = anEnd({ output: large });
  assert.deepEqual(uploads.needed(anEnd()), []);
  assert.deepEqual(uploads.needed(anEnd({ output: bytesOf("small") })), []);
  const both = { ...end, result: { ...end.result, files: [file, { ...file, src: "b" }] } };
  assert.deepEqual(uploads.needed(both), [sha256Of(large), file.sha256]);
  await withFile("hello", (path) => uploads.send(sink([]), file.sha256, path, never));
  assert.deepEqual(uploads.needed(both), [sha256Of(large)]);
  uploads.lacks([file.sha256]);
  assert.deepEqual(uploads.needed(both), [sha256Of(large), file.sha256]);
});

Deno.test("Uploads.send() sends one blob once, however many ends name it, and four blobs at once", async () => {
  const uploads = new Uploads();
  const sent: string[] = [];
  let atOnce = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  const connection = {
    putBlob: async (source: Parameters<ReturnType<typeof sink>["putBlob"]>[0]) => {
      most = Math.max(most, ++atOnce);
      await gate.promise;
      atOnce -= 1;
      return await sink(sent).putBlob(source);
    },
  };
  await withFile("hello", async (path) => {
    const names = ["a", "b", "c", "d", "e", "f"].map((text) => sha256Of(text));
    const sends = [...names, ...names].map((name) => uploads.send(connection, name, path, never));
    gate.resolve();
    await Promise.all(sends);
    assert.deepEqual(sent.toSorted(), names.toSorted());
  });
  assert.equal(most, 4);
});

Deno.test("Uploads.send() throws NotFound for a file that is gone, and can try again", async () => {
  const uploads = new Uploads();
  const name = sha256Of("hello");
  await assert.rejects(uploads.send(sink([]), name, "/nowhere/at/all", never), { code: "NotFound" });
  await withFile("hello", (path) => uploads.send(sink([]), name, path, never));
});

function sink(names: string[]) {
  return {
    putBlob: async (source: (signal: AbortSignal) => AsyncIterable<Partial<BlobChunkMessage>>) => {
      for await (const chunk of source(never)) if (chunk.sha256) names.push(chunk.sha256.toHex());
      return { existed: false };
    },
  };
}

async function withFile(text: string, use: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ prefix: "muster-upload-" });
  try {
    await Deno.writeTextFile(path, text);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}
