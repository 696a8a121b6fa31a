import assert from "node:assert/strict";
import { MusterError } from "../../../core/errors.ts";
import { parseYaml } from "../../../core/yaml.ts";

Deno.test("parseYaml() reads what people write", () => {
  assert.deepEqual(parseYaml("a: 1\nb:\n  - x\n  - yes\nc: |\n  l\n", "f.yaml"), {
    a: 1,
    b: ["x", "yes"],
    c: "l\n",
  });
  assert.equal(parseYaml("", "f.yaml"), null);
  assert.deepEqual(parseYaml("a: &x {b: 1}\nc: *x\n", "f.yaml"), { a: { b: 1 }, c: { b: 1 } });
});

const BAD: readonly [what: string, text: string, message: RegExp][] = [
  ["a bad indent", "a:\n  b: 1\n c: 2\n", /^Cannot read f.yaml, line 3, column 1: \S.*[^:]$/],
  ["a key given twice", "a: 1\na: 2\n", /^Cannot read f.yaml, line 2, column 1: Map keys must be unique$/],
  ["an open quote", 'a: "x\n', /^Cannot read f.yaml, line \d, column \d+: /],
  ["a tab", "a:\n\t- b\n", /^Cannot read f.yaml, line 2, column \d: /],
  ["an unknown alias", "a: *x\n", /^Cannot read f.yaml.*: Unresolved alias.*x$/],
  ["two documents", "a: 1\n---\nb: 2\n", /^Cannot read f.yaml, line \d, column \d: /],
];

for (const [what, text, message] of BAD) {
  Deno.test(`parseYaml() refuses ${what}`, () => {
    assert.throws(() => parseYaml(text, "f.yaml"), (error) => {
      assert.ok(error instanceof MusterError);
      assert.equal(error.code, "InvalidInput");
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });
}

Deno.test("parseYaml() refuses aliases that multiply", () => {
  const levels = Array.from({ length: 12 }, (_, at) => `l${at + 1}: &l${at + 1} [${`*l${at},`.repeat(9)}]`);
  const bomb = ["l0: &l0 [x]", ...levels].join("\n");
  assert.throws(() => parseYaml(bomb, "f.yaml"), /^MusterError: Cannot read f.yaml: Excessive alias count/);
});
