import assert from "node:assert/strict";
import { packTar, type TarFile, unpackTar } from "../../../system/tar.ts";

async function* each(...files: TarFile[]): AsyncGenerator<TarFile> {
  for (const file of files) yield await Promise.resolve(file);
}

const text = (name: string, content: string): TarFile => {
  const body = new TextEncoder().encode(content);
  return { name, size: body.byteLength, mode: 0o644, body };
};

Deno.test("unpackTar() passes over what is not read of a file", async () => {
  const tar = packTar(each(text("a", "x".repeat(200_000)), text("b", "B"), text("c", "C")));
  const seen: string[] = [];
  for await (const file of unpackTar(tar)) {
    if (file.name === "a") await file.body.cancel();
    else if (file.name === "c") seen.push(await new Response(file.body).text());
    seen.push(file.name);
  }
  assert.deepEqual(seen, ["a", "b", "C", "c"]);
});

Deno.test("packTar() fails when a body is shorter or longer than it said", async () => {
  for (const size of [2, 4]) {
    const body = () => Promise.resolve(new Blob(["abc"]).stream());
    const tar = packTar(each({ name: "a", size, mode: 0o644, body }));
    await assert.rejects(new Response(tar).bytes(), /mismatch/i);
  }
});

Deno.test("packTar() fails with what its files failed with", async () => {
  // deno-lint-ignore require-yield -- it fails before it has a file
  async function* broken(): AsyncGenerator<TarFile> {
    await Promise.resolve();
    throw new Error("no disk");
  }
  await assert.rejects(new Response(packTar(broken())).bytes(), /no disk/);
});

Deno.test("unpackTar() refuses what ends in the middle", async () => {
  const whole = await new Response(packTar(each(text("a", "x".repeat(5_000))))).bytes();
  const cut = new Blob([whole.slice(0, 3_000)]).stream();
  await assert.rejects(async () => {
    for await (const file of unpackTar(cut)) await new Response(file.body).bytes();
  });
});
