import assert from "node:assert/strict";
import { overwrite } from "../../../agent/small_file.ts";

Deno.test("overwrite() makes a file, lengthens it, and fills what is left of a longer text with newlines", () => {
  const path = Deno.makeTempFileSync();
  const after = (text: string) => (overwrite(path, text), Deno.readTextFileSync(path));
  assert.equal(after("one\n"), "one\n");
  assert.equal(after("longer text\n"), "longer text\n");
  assert.equal(after("ü\n"), "ü\n" + "\n".repeat(9));
  Deno.removeSync(path);
  assert.equal(after("new"), "new");
  assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
  Deno.removeSync(path);
});
