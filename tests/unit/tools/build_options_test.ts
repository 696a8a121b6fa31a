import assert from "node:assert/strict";
import { parseOptions, UsageError } from "../../../tools/build/options.ts";

const TARGETS: readonly (readonly [title: string, args: readonly string[], targets: readonly string[]])[] = [
  ["takes this machine without flags", [], ["linux-arm64"]],
  ["takes one target", ["--target", "macos-arm64"], ["macos-arm64"]],
  [
    "takes several targets once each",
    ["--target=linux-x64", "--target", "linux-x64", "--target=linux-arm64"],
    [
      "linux-x64",
      "linux-arm64",
    ],
  ],
  ["takes all", ["--all"], ["linux-x64", "linux-arm64", "macos-arm64"]],
];

for (const [title, args, targets] of TARGETS) {
  Deno.test(`parseOptions() ${title}`, () => {
    assert.deepEqual(parseOptions(args, "linux-arm64").targets, targets);
  });
}

const FAULTS: readonly (readonly [args: readonly string[], message: string])[] = [
  [["--targe"], 'Cannot build: unknown word "--targe"'],
  [["linux-x64"], 'Cannot build: unknown word "linux-x64"'],
  [["--target"], 'Cannot build: "--target" wants one of linux-x64, linux-arm64, macos-arm64'],
  [
    ["--target", "toString"],
    'Cannot build for "toString": wanted one of linux-x64, linux-arm64, macos-arm64',
  ],
];

for (const [args, message] of FAULTS) {
  Deno.test(`parseOptions() refuses ${JSON.stringify(args)}`, () => {
    assert.throws(() => parseOptions(args, "linux-x64"), (error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.message, message);
      return true;
    });
  });
}
