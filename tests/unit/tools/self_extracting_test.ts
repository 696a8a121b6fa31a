import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { compressFiles } from "../../../tools/build/payload.ts";
import { HEADER_BYTES, headerText } from "../../../tools/build/self_extracting.ts";

const FACTS = {
  version: "1.2.3",
  target: "linux-x64",
  payloadHash: "ab".repeat(32),
  needMegabytes: 97,
} as const;

Deno.test("headerText() fills every value and exactly its bytes", async () => {
  const template = await Deno.readTextFile(new URL("../../../tools/build/header.sh", import.meta.url));
  const text = headerText(template, FACTS);
  assert.equal(new TextEncoder().encode(text).length, HEADER_BYTES);
  assert.match(text, /^#!\/bin\/sh\n/);
  assert.match(text, /\nname=1\.2\.3-linux-x64-abababababab\n/);
  assert.doesNotMatch(text, /@[A-Z0-9]+@/);
  assert.match(text, /exec \$MUSTER_EXEC_PREFIX "\$d\/muster" run -A .* "\$d\/main\.js" "\$@"\n/);
});

Deno.test("headerText() refuses a text that would run into the payload", () => {
  assert.throws(() => headerText("x".repeat(HEADER_BYTES), FACTS), RangeError);
});

Deno.test("compressFiles() gives the same bytes for the same files", async () => {
  const files = [{ name: "a", mode: 0o600, data: new TextEncoder().encode("one") }];
  assert.deepEqual(await compressFiles(files), await compressFiles(files));
});

Deno.test("compressFiles() leaves an open tar that another one continues", async () => {
  const [a, b] = ["a", "b"].map((name) => ({ name, mode: 0o600, data: new TextEncoder().encode(name) }));
  const [open, closed, whole] = await Promise.all([
    compressFiles([a!], true),
    compressFiles([b!]),
    compressFiles([a!, b!]),
  ]);
  const joined = new Uint8Array([...gunzipSync(open), ...gunzipSync(closed)]);
  assert.deepEqual(joined, new Uint8Array(gunzipSync(whole)));
});
