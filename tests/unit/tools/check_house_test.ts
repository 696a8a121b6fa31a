import assert from "node:assert/strict";
import { houseFaults } from "../../../tools/house/check.ts";

const CASES: readonly (readonly [title: string, path: string, text: string, fault: RegExp | null])[] = [
  ["accepts a small file in a known folder", "core/job.ts", "export {};\n", null],
  ["accepts files at the top", "compile.sh", "#!/bin/sh\n", null],
  ["refuses an unknown top-level folder", "server/a.ts", "", /server\/a\.ts:1: is in "server"/],
  ["refuses a drawer inside a folder", "agent/utils/a.ts", "", /is in "utils": name the folder/],
  ["accepts 400 lines", "agent/a.ts", "\n".repeat(400), null],
  ["refuses 401 lines", "agent/a.ts", "\n".repeat(401), /agent\/a\.ts:401: has 401 lines/],
  ["lets a test be long", "tests/unit/a_test.ts", "\n".repeat(900), null],
  [
    "refuses a path of one machine",
    "docs/a.md",
    "x\nsee /Users/ann/b",
    /docs\/a\.md:2: names "\/Users\/ann"/,
  ],
  ["accepts the same word inside a path", "docs/a.md", "tasks/1/work/out and ./work/x", null],
  [
    "refuses an address in the lock file",
    "deno.lock",
    '"x": "https://host.example/y"',
    /deno\.lock:1: names "https/,
  ],
  [
    "refuses a clock in core",
    "core/a.ts",
    "const n = Date.now();",
    /core\/a\.ts:1: uses Date\.now: "core" is pure/,
  ],
  ["refuses Deno in core", "core/a.ts", "\nDeno.env.get('A');", /core\/a\.ts:2: uses Deno/],
  [
    "accepts the words in core's comments and members",
    "core/a.ts",
    "// Date.now()\nx.fetch(); a.Deno;",
    null,
  ],
  ["refuses processes outside system", "cli/a.ts", "new Deno.Command('ls');", /uses Deno\.Command: "system"/],
  ["lets system start processes", "system/a.ts", "new Deno.Command('ls');", null],
];

for (const [title, path, text, fault] of CASES) {
  Deno.test(`houseFaults() ${title}`, () => {
    const found = houseFaults(new Map([[path, text]])).map(({ file, line, text }) =>
      `${file}:${line}: ${text}`
    );
    if (fault === null) assert.deepEqual(found, []);
    else assert.ok(found.length === 1 && fault.test(found[0]!), found.join("\n"));
  });
}
