import assert from "node:assert/strict";
import { MusterError } from "../../../core/errors.ts";
import { compileGlobs } from "../../../core/glob.ts";

const CASES: readonly [patterns: string[], matched: string[], not: string[]][] = [
  [["*.txt"], ["a.txt", ".a.txt"], ["a.csv", "d/a.txt", "a.txt/b"]],
  [["**/*.txt"], ["a.txt", "d/e/a.txt", ".d/a.txt"], ["a.txt.gz"]],
  [["out/"], ["out/a", "out/d/.e"], ["out.txt", "x/out/a"]],
  [["./out/*"], ["out/a"], ["out/d/a"]],
  [["**"], ["a", ".a", "d/.e/f"], []],
  [["."], ["a", "d/e"], []],
  [["a", "b"], ["a", "b"], ["c"]],
  [["*.{png,jpg}"], ["x.png", "x.jpg"], ["x.gif"]],
  [["[ab]?"], ["a1", "bx"], ["c1", "a"]],
  [["!a"], ["!a"], ["b"]],
  [["a b/größe.*"], ["a b/größe.1"], []],
  [["..."], ["..."], []],
  [[], [], ["a"]],
];

for (const [patterns, matched, not] of CASES) {
  Deno.test(`compileGlobs() of ${JSON.stringify(patterns)} matches what it should`, () => {
    const isMatch = compileGlobs(patterns);
    assert.deepEqual(matched.filter((path) => !isMatch(path)), []);
    assert.deepEqual(not.filter(isMatch), []);
  });
}

for (const pattern of ["", " ", "/etc/*", "../x", "a/../b", "a/..", "..", "{..,a}/x", "x".repeat(5000)]) {
  Deno.test(`compileGlobs() refuses ${JSON.stringify(pattern.slice(0, 20))}`, () => {
    assert.throws(
      () => compileGlobs(["ok", pattern]),
      (error) => error instanceof MusterError && error.code === "InvalidInput",
    );
  });
}

const SLOW = ["*a*a*ab", "{a,aa}{a,aa}{a,aa}{a,aa}b", "**/a/**/ab", "+(a|+(a|aa))b", "*(a*)*b"];

for (const pattern of SLOW) {
  Deno.test(`compileGlobs() matches at once by ${pattern}, made to be slow`, () => {
    const isMatch = compileGlobs([pattern]);
    const started = performance.now();
    assert.equal(isMatch("a".repeat(255)), false);
    assert.equal(isMatch("a/".repeat(2000)), false);
    assert.ok(performance.now() - started < 1000);
  });
}

for (const pattern of ["*a*a*a*b", "{a,aa}".repeat(5), "**/".repeat(3) + "a"]) {
  Deno.test(`compileGlobs() refuses ${pattern}, which could take for ever`, () => {
    assert.throws(() => compileGlobs([pattern]), /wanted 3 \* or fewer in a name/);
  });
}
