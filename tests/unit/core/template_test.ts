import assert from "node:assert/strict";
import fc from "fast-check";
import { MusterError } from "../../../core/errors.ts";
import { checkTemplates, parseTemplate, renderTemplate, templateNames } from "../../../core/template.ts";
import { nearest } from "../../../core/suggest.ts";

const values = { index: 7, columns: new Map([["file", "a b"], ["my col", "{index}"], ["x.y-z", "é"]]) };

const RENDERED: readonly [template: string, want: string][] = [
  ["", ""],
  ["plain", "plain"],
  ["{index}", "7"],
  ["out-{index:05}.txt", "out-00007.txt"],
  ["{index:01}", "7"],
  ["{file}{file}", "a ba b"],
  ["{my col}", "{index}"],
  ["{x.y-z}", "é"],
  ["{{index}}", "{index}"],
  ["{{{index}}}", "{7}"],
  ["awk '{{print $1}}' {file}", "awk '{print $1}' a b"],
  ["}}{{", "}{"],
];

for (const [template, want] of RENDERED) {
  Deno.test(`renderTemplate() makes ${JSON.stringify(want)} of ${JSON.stringify(template)}`, () => {
    assert.equal(renderTemplate(parseTemplate(template), values), want);
  });
}

const BAD: readonly [template: string, words: RegExp][] = [
  ["a { b", /a lone \{ at character 3; write \{\{ and \}\} for literal braces$/],
  ["a } b", /a lone \} at character 3/],
  ["{a{b}", /a lone \{ at character 1/],
  ["{}", /\{\} has no name/],
  ["{:05}", /\{:05\} has no name/],
  ["{file:05}", /\{file:05\} has a format, which only \{index:05\} may have/],
  ["{index:5}", /\{index:5\} has a bad format/],
  ["{index:}", /\{index:\} has a bad format/],
  ["{index:0100}", /\{index:0100\} has a bad format/],
];

for (const [template, words] of BAD) {
  Deno.test(`parseTemplate() refuses ${JSON.stringify(template)}`, () => {
    assert.throws(() => parseTemplate(template), (error) => isInvalid(error, words));
  });
}

Deno.test("parseTemplate() shows no more than the begin of a long template", () => {
  assert.throws(
    () => parseTemplate(`${"x".repeat(5000)}{`),
    (error) => error instanceof Error && error.message.length < 200,
  );
});

Deno.test("renderTemplate() quotes each value and no literal text", () => {
  const text = renderTemplate(parseTemplate("{file} {index} x"), values, (value) => `<${value}>`);
  assert.equal(text, "<a b> <7> x");
});

Deno.test("renderTemplate() gives back any text whose braces are doubled", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const escaped = text.replaceAll("{", "{{").replaceAll("}", "}}");
    assert.equal(renderTemplate(parseTemplate(escaped), values), text);
  }));
});

Deno.test("renderTemplate() never reads a value as a template", () => {
  fc.assert(fc.property(fc.string(), (value) => {
    const columns = new Map([["v", value]]);
    assert.equal(renderTemplate(parseTemplate("<{v}{{v}}>"), { index: 1, columns }), `<${value}{v}>`);
  }));
});

Deno.test("templateNames() names each once in their order", () => {
  assert.deepEqual(templateNames(parseTemplate("{b} {index:02} {a} {b}")), ["b", "index", "a"]);
});

Deno.test("checkTemplates() lists the known names and suggests the nearest", () => {
  const templates = [parseTemplate("{index} {file}"), parseTemplate("{flie}")];
  assert.throws(() => checkTemplates(templates, ["file", "size"], "the command"), (error) => {
    assert.ok(error instanceof MusterError);
    assert.equal(
      error.message,
      'Cannot read template "{flie}" of the command: unknown name {flie}, known: {index}, {file}, {size}; ' +
        "write {{ and }} for literal braces",
    );
    assert.equal(error.hint, "Did you mean {file}?");
    return true;
  });
});

Deno.test("checkTemplates() tells who wrote awk's braces to double them", () => {
  assert.throws(
    () => checkTemplates([parseTemplate("awk '{print $1}'")], ["file"], "the command"),
    (error) => isInvalid(error, /unknown name \{print \$1\}.*write \{\{ and \}\} for literal braces/),
  );
});

const NEAREST: readonly [string, readonly string[], string | undefined][] = [
  ["lits", ["list", "logs"], "list"],
  ["ls", ["list", "logs"], undefined],
  ["lst", ["list", "logs"], "list"],
  ["Index", ["index"], "index"],
  ["statsu", ["status", "start"], "status"],
  ["zebra", ["list"], undefined],
  ["x", [], undefined],
];

for (const [word, known, want] of NEAREST) {
  Deno.test(`nearest() to ${word} among ${known.join(", ") || "nothing"} is ${want ?? "none"}`, () => {
    assert.equal(nearest(word, known), want);
  });
}

function isInvalid(error: unknown, words: RegExp): boolean {
  assert.ok(error instanceof MusterError);
  assert.equal(error.code, "InvalidInput");
  assert.match(error.message, words);
  return true;
}
