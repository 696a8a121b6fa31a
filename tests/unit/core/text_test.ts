import assert from "node:assert/strict";
import fc from "fast-check";
import { createControlStripper, showControls, stripControls } from "../../../core/text.ts";

const CASES: readonly [what: string, text: string, want: string][] = [
  ["plain text", "a\tb\nc é 日本 🦀", "a\tb\nc é 日本 🦀"],
  ["colours", "\x1b[1;31mred\x1b[0m", "red"],
  ["cursor moves and clears", "a\x1b[2J\x1b[H\x1b[?25lb", "ab"],
  ["window titles", "a\x1b]0;evil\x07b\x1b]2;evil\x1b\\c", "abc"],
  ["links", "\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\", "text"],
  ["clipboard writes", "\x1b]52;c;ZXZpbA==\x07x", "x"],
  ["device control strings", '\x1bP$q"p\x1b\\x', "x"],
  ["eight-bit sequences", "\x9b31mred\x9d0;t\x9cx\x90q\x9cy", "redxy"],
  ["character sets and resets", "\x1b(Ba\x1bcb\x1b7c", "abc"],
  ["carriage returns, backspaces and bells", "a\rb\bc\x07d\0e\x7f", "abcde"],
  ["a sequence that is never closed, to the end of its line", "a\x1b]0;evil\nb", "a\nb"],
  ["a sequence cut off at the end", "a\x1b[31", "a"],
  ["a doubled escape", "\x1b\x1b[31mx", "x"],
  ["a sequence inside a string", "\x1b]0;a\x1b[31mx", "x"],
];

for (const [what, text, want] of CASES) {
  Deno.test(`stripControls() strips ${what}`, () => assert.equal(stripControls(text), want));
}

const noisy = fc.string({
  unit: fc.constantFrom(
    "a",
    "b",
    ";",
    "3",
    "m",
    "[",
    "]",
    "\\",
    "(",
    "\x1b",
    "\x07",
    "\n",
    "\t",
    "\x9b",
    "\x9c",
    "🦀",
  ),
  maxLength: 60,
});

Deno.test("createControlStripper() gives the same wherever the text is cut", () => {
  fc.assert(fc.property(noisy, fc.array(fc.nat(60), { maxLength: 5 }), (text, cuts) => {
    const strip = createControlStripper();
    // A decoder of a stream hands on whole characters, never half a pair.
    const characters = Array.from(text);
    const points = [0, ...cuts.sort((a, b) => a - b), characters.length];
    const chunks = points.slice(1).map((end, at) => characters.slice(points[at], end).join(""));
    assert.equal(chunks.map(strip).join(""), stripControls(text));
  }));
});

Deno.test("stripControls() leaves nothing to obey and keeps every line", () => {
  fc.assert(fc.property(noisy, (text) => {
    const kept = stripControls(text);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(kept, /[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    assert.equal(kept.split("\n").length, text.split("\n").length);
    assert.equal(stripControls(kept), kept);
  }));
});

Deno.test("showControls() writes out what a terminal would obey", () => {
  assert.equal(showControls("a\x1b[31m\x07\x9b\r\n\tb"), "a\\x1b[31m\\x07\\x9b\\x0d\n\tb");
});
