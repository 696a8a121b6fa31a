import assert from "node:assert/strict";
import { readJunit } from "../../../tools/summary/junit.ts";
import { countsLine, type Part, summarize } from "../../../tools/summary/summarize.ts";

const JUNIT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="4" failures="1" errors="0">
  <testsuite name="./a_test.ts" tests="4" disabled="1" errors="0" failures="1">
    <testcase name="says &quot;1 passed, 2 failed&quot; &lt;skipped/&gt;" classname="./a_test.ts"></testcase>
    <testcase name="a &gt; step" classname="./a_test.ts"></testcase>
    <testcase name="b (skipped: no qemu)" classname="./a_test.ts"><skipped/></testcase>
    <testcase name="c" classname="./a_test.ts"><failure message="x">1 passed</failure></testcase>
  </testsuite>
</testsuites>`;

const PASSED = JUNIT.replace(/<testcase name="c".*/, "");

Deno.test("readJunit() counts what passed, failed and was skipped, whatever the titles say", () => {
  assert.deepEqual(readJunit(JUNIT), {
    counts: { passed: 2, failed: 1, skipped: 1 },
    skipped: ["b (skipped: no qemu)"],
  });
});

const CASES: readonly (readonly [title: string, parts: readonly Part[], line: string, exitCode: number])[] = [
  [
    "adds up the parts",
    [
      { name: "lint", code: 0 },
      { name: "unit", code: 0, junit: PASSED },
      { name: "binary", code: 0, junit: PASSED },
    ],
    "4 passed, 0 failed, 2 skipped",
    0,
  ],
  [
    "ends with 1 for a failed test",
    [{ name: "unit", code: 1, junit: JUNIT }],
    "2 passed, 1 failed, 1 skipped",
    1,
  ],
  [
    "counts a failed check as a failure",
    [
      { name: "lint", code: 1 },
      { name: "unit", code: 0, junit: PASSED },
    ],
    "2 passed, 1 failed, 1 skipped",
    1,
  ],
  [
    "counts a run that failed without a failed test",
    [
      { name: "unit", code: 1, junit: PASSED },
    ],
    "2 passed, 1 failed, 1 skipped",
    1,
  ],
  [
    "counts a run that left no report",
    [
      { name: "unit", code: 0, junit: PASSED },
      { name: "real", code: 1 },
    ],
    "2 passed, 1 failed, 1 skipped",
    1,
  ],
  [
    "counts a skipped part",
    [
      { name: "unit", code: 0, junit: PASSED },
      { name: "arm64", code: null, reason: "no qemu" },
    ],
    "2 passed, 0 failed, 2 skipped",
    0,
  ],
  ["ends with 1 where no test ran", [{ name: "lint", code: 0 }], "0 passed, 0 failed, 0 skipped", 1],
];

for (const [title, parts, line, exitCode] of CASES) {
  Deno.test(`summarize() ${title}`, () => {
    const summary = summarize(parts);
    assert.equal(countsLine(summary.counts), line);
    assert.equal(summary.exitCode, exitCode);
  });
}

Deno.test("summarize() names what failed and what was skipped, with reasons", () => {
  const parts = [{ name: "lint", code: 1 }, { name: "unit", code: 0, junit: PASSED }, {
    name: "arm64",
    code: null,
    reason: "no qemu",
  }];
  assert.deepEqual(summarize(parts).lines, [
    "failed: lint",
    "skipped: unit: b (skipped: no qemu)",
    "skipped: arm64: no qemu",
  ]);
});
