import assert from "node:assert/strict";
import { hostname } from "node:os";
import { join } from "node:path";
import { bootId } from "../../../system/machine.ts";
import { realStarterParts } from "../../../cli/starter_parts.ts";

const ELSEWHERE = { pid: 7, hostname: "login1", bootId: "another-boot", startedAt: 0, version: "0.1.0" };

Deno.test("lockedElsewhere() names the machine whose lock it is, and never this one", async () => {
  const path = await Deno.makeTempFile();
  const cases: [string, string | null][] = [
    [JSON.stringify(ELSEWHERE), "login1"],
    [JSON.stringify({ ...ELSEWHERE, hostname: hostname() }), null],
    [JSON.stringify({ ...ELSEWHERE, bootId: bootId() }), null],
    ["", null],
    ["{", null],
  ];
  try {
    for (const [text, expected] of cases) {
      await Deno.writeTextFile(path, text);
      assert.equal(await realStarterParts.lockedElsewhere(path), expected);
    }
    await Deno.remove(path);
    assert.equal(await realStarterParts.lockedElsewhere(path), null);
  } finally {
    await Deno.remove(path).catch(() => {});
  }
});

Deno.test("connects() is true only while something listens", async () => {
  const directory = await Deno.makeTempDir();
  const path = join(directory, "api.sock");
  try {
    assert.equal(await realStarterParts.connects(path), false);
    const listener = Deno.listen({ transport: "unix", path });
    assert.equal(await realStarterParts.connects(path), true);
    listener.close();
    assert.equal(await realStarterParts.connects(path), false);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("read() gives what a log gained", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "old\nnew\n");
    assert.equal(await realStarterParts.sizeOf(path), 8);
    assert.equal(await realStarterParts.read(path, 4), "new\n");
    assert.equal(await realStarterParts.sizeOf(`${path}.none`), 0);
    assert.equal(await realStarterParts.read(`${path}.none`, 0), "");
  } finally {
    await Deno.remove(path);
  }
});
