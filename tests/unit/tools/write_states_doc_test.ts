import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { renderStatesDoc } from "../../../tools/write_states_doc.ts";

Deno.test("docs/states.md is what renderStatesDoc() writes", () => {
  assert.equal(readFileSync(new URL("../../../docs/states.md", import.meta.url), "utf8"), renderStatesDoc());
});

Deno.test("renderStatesDoc() has a line for every step and speaks of tasks that run twice", () => {
  const page = renderStatesDoc();
  assert.equal(page.match(/^\| `\w+` +\| `\w+` +\| \w/gm)?.length, 14);
  assert.match(page, /MUSTER_ATTEMPT/);
});
