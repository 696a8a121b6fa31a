import assert from "node:assert/strict";
import { join } from "node:path";
import { pack } from "tar-stream";
import { MusterError } from "../../../core/errors.ts";
import { safeSegments, untar } from "../../../system/untar.ts";

type Header = Parameters<ReturnType<typeof pack>["entry"]>[0];

/** A tar of these entries as a hostile sender could make it. */
async function tarBytes(entries: readonly (readonly [Header, string])[]): Promise<Uint8Array> {
  const archive = pack();
  for (const [header, text] of entries) archive.entry(header, text);
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** The bytes in pieces of `size`, as a network cuts them. */
function pieces(bytes: Uint8Array, size = 700): ReadableStream<Uint8Array> {
  const cuts = Array.from(
    { length: Math.ceil(bytes.length / size) },
    (_, at) => bytes.subarray(at * size, (at + 1) * size),
  );
  return ReadableStream.from(cuts);
}

/** Runs `test` with an outer directory and the one to unpack into. */
async function inDirectory(test: (directory: string, outer: string) => Promise<void>) {
  const outer = await Deno.makeTempDir();
  try {
    await test(join(outer, "into"), outer);
  } finally {
    await Deno.remove(outer, { recursive: true });
  }
}

Deno.test("untar() writes files where they belong, without special mode bits", async () => {
  const tar = await tarBytes([
    [{ name: "1/stdout.txt" }, "hello"],
    [{ name: "./1/bin/run", mode: 0o6755 }, "#!/bin/sh\n"],
    [{ name: "1/locked", mode: 0o444 }, "x"],
    [{ name: "empty/", type: "directory" }, ""],
    [{ name: "1/ünï code" }, "y".repeat(5_000)],
  ]);
  await inDirectory(async (into) => {
    const seen: number[] = [];
    const unpacked = await untar(pieces(tar), into, { onProgress: ({ files }) => seen.push(files) });
    assert.deepEqual(unpacked, { files: 4, bytes: 5_016, replaced: 0 });
    assert.deepEqual(seen, [1, 2, 3, 4]);
    assert.equal(await Deno.readTextFile(join(into, "1/stdout.txt")), "hello");
    assert.equal((await Deno.stat(join(into, "1/bin/run"))).mode! & 0o7777, 0o755);
    assert.equal((await Deno.stat(join(into, "1/ünï code"))).size, 5_000);
    assert.deepEqual(await untar(pieces(tar), into), { files: 4, bytes: 5_016, replaced: 0 });
  });
});

Deno.test("untar() counts the files whose content it replaced", async () => {
  const tar = await tarBytes([[{ name: "a" }, "one"], [{ name: "b" }, "two"], [{ name: "c" }, "three"]]);
  await inDirectory(async (into) => {
    await untar(pieces(tar), into);
    await Deno.writeTextFile(join(into, "a"), "ONE");
    await Deno.writeTextFile(join(into, "b"), "longer");
    assert.equal((await untar(pieces(tar), into)).replaced, 2);
    assert.equal(await Deno.readTextFile(join(into, "a")), "one");
  });
});

Deno.test("untar() refuses what would lead out of the directory, and writes nothing there", async (t) => {
  const attacks: [string, Header][] = [
    ["a parent", { name: "../evil" }],
    ["a parent further in", { name: "a/../../evil" }],
    ["an absolute path", { name: "/tmp/muster-untar-evil" }],
    ["a symbolic link", { name: "evil", type: "symlink", linkname: "/etc" }],
    ["a hard link", { name: "evil", type: "link", linkname: "/etc/passwd" }],
    ["a device", { name: "evil", type: "character-device" }],
    ["a fifo", { name: "evil", type: "fifo" }],
  ];
  for (const [name, header] of attacks) {
    await t.step(name, async () => {
      await inDirectory(async (into, outer) => {
        const tar = await tarBytes([[header, header.type === undefined ? "evil" : ""]]);
        await assert.rejects(untar(pieces(tar), into), (error) => {
          assert.ok(error instanceof MusterError && error.code === "InvalidInput", String(error));
          return true;
        });
        assert.deepEqual([...Deno.readDirSync(into)], []);
        assert.deepEqual(Array.from(Deno.readDirSync(outer), (entry) => entry.name), ["into"]);
      });
    });
  }
});

Deno.test("untar() does not write through a link that is already there", async () => {
  const tar = await tarBytes([[{ name: "1/stdout.txt" }, "evil"]]);
  await inDirectory(async (into, outer) => {
    await Deno.mkdir(into);
    await Deno.mkdir(join(outer, "elsewhere"));
    await Deno.symlink(join(outer, "elsewhere"), join(into, "1"));
    await assert.rejects(untar(pieces(tar), into), /a file or link stands in its way/);
    assert.deepEqual([...Deno.readDirSync(join(outer, "elsewhere"))], []);
  });
});

Deno.test("untar() replaces a link at a file's place and leaves its target alone", async () => {
  const tar = await tarBytes([[{ name: "tasks.csv" }, "new"]]);
  await inDirectory(async (into, outer) => {
    await Deno.mkdir(into);
    await Deno.writeTextFile(join(outer, "target"), "mine");
    await Deno.symlink(join(outer, "target"), join(into, "tasks.csv"));
    assert.equal((await untar(pieces(tar), into)).replaced, 1);
    assert.equal(await Deno.readTextFile(join(outer, "target")), "mine");
    assert.equal(await Deno.readTextFile(join(into, "tasks.csv")), "new");
  });
});

Deno.test("untar() leaves no half of a file when the archive ends early", async (t) => {
  for (const size of [4_000, 400_000]) {
    await t.step(`a file of ${size} bytes`, async () => {
      const tar = await tarBytes([[{ name: "whole" }, "w"], [{ name: "half" }, "h".repeat(size)]]);
      await inDirectory(async (into) => {
        await assert.rejects(untar(pieces(tar.subarray(0, 3_000)), into), { code: "InvalidInput" });
        assert.deepEqual(Array.from(Deno.readDirSync(into), ({ name }) => name), ["whole"]);
      });
    });
  }
});

Deno.test("untar() handles a large file as it handles a small one", async () => {
  const text = "0123456789".repeat(60_000);
  const tar = await tarBytes([[{ name: "large", mode: 0o4750 }, text]]);
  await inDirectory(async (into) => {
    assert.deepEqual(await untar(pieces(tar, 65_000), into), { files: 1, bytes: text.length, replaced: 0 });
    assert.equal((await Deno.stat(join(into, "large"))).mode! & 0o7777, 0o750);
    assert.equal((await untar(pieces(tar), into)).replaced, 0);
    await Deno.writeTextFile(join(into, "large"), `${text.slice(0, -1)}x`);
    assert.equal((await untar(pieces(tar), into)).replaced, 1);
    assert.equal(await Deno.readTextFile(join(into, "large")), text);
    assert.deepEqual(Array.from(Deno.readDirSync(into), ({ name }) => name), ["large"]);
  });
});

Deno.test("untar() refuses a directory in a file's place", async () => {
  const tar = await tarBytes([[{ name: "a" }, "x"]]);
  await inDirectory(async (into) => {
    await Deno.mkdir(join(into, "a"), { recursive: true });
    await assert.rejects(untar(pieces(tar), into), /a directory stands in its place/);
  });
});

Deno.test("safeSegments() keeps what stays inside", () => {
  assert.deepEqual(safeSegments("./a//b/..c/d.."), ["a", "b", "..c", "d.."]);
  for (const path of ["", ".", "/", "/a", "..", "a/..", "a/../b", "a/", "a\0b"]) {
    assert.equal(safeSegments(path), null, path);
  }
});
