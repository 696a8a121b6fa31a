import assert from "node:assert/strict";
import { parseLoginEnvironment } from "../../../agent/parse_login_environment.ts";

Deno.test("parseLoginEnvironment() takes what stands between the marks", () => {
  const text =
    "Welcome!\nA=not me\nMARK\nA=1\0B=two\nlines=x\0EMPTY=\0PWD=/x\0SHLVL=2\0_=/bin/env\0BASH_FUNC_f%%=() { :; }\0\nMARK\nBye\n";
  assert.deepEqual(parseLoginEnvironment(text, "MARK"), { A: "1", B: "two\nlines=x", EMPTY: "" });
});

Deno.test("parseLoginEnvironment() reads lines where `env` has no NUL", () => {
  assert.deepEqual(parseLoginEnvironment("MARK\nA=1\nB=2\n\nMARK\n", "MARK"), { A: "1", B: "2" });
});

Deno.test("parseLoginEnvironment() finds nothing in an answer that is cut off or none", () => {
  for (const text of ["", "A=1\n", "MARK\nA=1\0", "MARK\n\nMARK\n"]) {
    assert.equal(parseLoginEnvironment(text, "MARK"), null, JSON.stringify(text));
  }
});
