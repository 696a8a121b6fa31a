import assert from "node:assert/strict";
import fc from "fast-check";
import { MusterError } from "../../../core/errors.ts";
import type { Command } from "../../../core/job.ts";
import { randomId } from "../../../core/ids.ts";
import { checkHostName, checkJobName, defaultJobName } from "../../../core/names.ts";

const isInvalid = (error: unknown) => error instanceof MusterError && error.code === "InvalidInput";

Deno.test("checkJobName() takes letters, digits, dots, dashes and underscores", () => {
  for (const name of ["a", "train-7", "7b", "A.b_c-d", "last1", "x".repeat(100)]) {
    assert.equal(checkJobName(name), name);
  }
});

for (const name of ["", "7", "last", "-a", ".a", "a b", "a/b", "ä", "a\n", "{index}", "x".repeat(101)]) {
  Deno.test(`checkJobName() refuses ${JSON.stringify(name)}`, () =>
    assert.throws(() => checkJobName(name), isInvalid));
}

Deno.test("checkHostName() takes digits alone, but nothing a shell or path could read", () => {
  assert.equal(checkHostName("10.0.0.7"), "10.0.0.7");
  for (const name of ["", "-x", "a;b", "a/b", "a b", "x".repeat(101)]) {
    assert.throws(() => checkHostName(name), isInvalid);
  }
});

const DEFAULTS: readonly [Command, string][] = [
  [{ argv: ["wc", "-w", "{file}"] }, "wc"],
  [{ argv: ["/usr/bin/python3.11", "src/train.py", "--x"] }, "train"],
  [{ argv: ["python", "-m", "mod.x"] }, "python"],
  [{ argv: ["bash", "-c", "x"] }, "bash"],
  [{ argv: ["./run me.sh"] }, "run-me.sh"],
  [{ argv: ["{tool}"] }, "job"],
  [{ argv: ["42"] }, "job"],
  [{ argv: ["last"] }, "job"],
  [{ argv: [""] }, "job"],
  [{ shell: "sort a | uniq" }, "sort"],
  [{ shell: "  (cd x; make)" }, "cd"],
];

for (const [command, want] of DEFAULTS) {
  Deno.test(`defaultJobName() of ${JSON.stringify(command)} is ${want}`, () => {
    assert.equal(defaultJobName(command), want);
  });
}

Deno.test("defaultJobName() always gives a name that checkJobName() takes", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
    checkJobName(defaultJobName({ argv: [text] }));
    checkJobName(defaultJobName({ shell: text }));
  }));
});

Deno.test("randomId() is the prefix and ten characters that no eye mistakes", () => {
  const all = Array.from({ length: 32 }, (_, at) => randomId("j", (count) => new Uint8Array(count).fill(at)));
  assert.ok(all.every((id) => /^j([0-9a-hjkmnp-tv-z])\1{9}$/.test(id)));
  assert.equal(new Set(all).size, 32);
  assert.equal(randomId("h-", () => Uint8Array.from({ length: 10 }, (_, at) => 32 + at)), "h-0123456789");
});
