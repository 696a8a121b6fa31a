import assert from "node:assert/strict";
import { importFaults } from "../../../tools/imports/check.ts";
import { readTree } from "../../../tools/tree.ts";

/** The faults of a small tree, as `file:line: text`. */
function faultsOf(files: Record<string, string>): string[] {
  return importFaults(new Map(Object.entries(files))).map(({ file, line, text }) =>
    `${file}:${line}: ${text}`
  );
}

interface Case {
  readonly title: string;
  readonly files: Record<string, string>;
  /** What each fault must hold, in order. */
  readonly faults: readonly RegExp[];
}

const CASES: readonly Case[] = [
  {
    title: "lets a folder import what the table gives it",
    files: {
      "agent/work.ts": `import { now } from "../system/clock.ts";\nimport { place } from "./place.ts";\n`,
      "main.ts": `const m = await import("./cli/main.ts");\n`,
      "tests/unit/a_test.ts": `import "../../agent/work.ts";\nimport "fast-check";\n`,
    },
    faults: [],
  },
  {
    title: "refuses an edge outside the table and says what is allowed",
    files: { "core/job.ts": `// a job\nimport { now } from "../system/clock.ts";\n` },
    faults: [/^core\/job\.ts:2: imports system\/clock\.ts: "core" imports no other folder; pass/],
  },
  {
    title: "refuses type, dynamic, re-exporting and text edges outside the table as well",
    files: {
      "cli/a.ts": `import type { Queue } from "../controller/jobs/queue.ts";\n`,
      "cli/b.ts": `export const load = () => import("../controller/main.ts");\n`,
      "cli/c.ts": `export * from "../agent/work.ts";\n`,
      "cli/d.ts": `export type T = import("../agent/work.ts").Work;\n`,
      "cli/e.ts": `import sql from "../controller/a.sql" with { type: "text" };\n`,
    },
    faults: [/cli\/a\.ts:1/, /cli\/b\.ts:1/, /cli\/c\.ts:1/, /cli\/d\.ts:1/, /cli\/e\.ts:1/],
  },
  {
    title: "is not misled by comments, strings and templates",
    files: {
      "core/a.ts": '// import "../agent/x.ts"\n/* import("../agent/x.ts") */\n' +
        'export const s = \'import "../agent/x.ts"\', t = `import("../agent/x.ts")`;\n',
    },
    faults: [],
  },
  {
    title: "refuses a file outside every known folder",
    files: { "utils/a.ts": `import "../core/b.ts";\n` },
    faults: [/utils\/a\.ts:1: is in "utils", which is no folder of the house/],
  },
  {
    title: "refuses an import that leaves the tree",
    files: { "agent/a.ts": `import "../../elsewhere/b.ts";\n` },
    faults: [/agent\/a\.ts:1: imports \.\.\/\.\.\/elsewhere\/b\.ts/],
  },
  {
    title: "finds a circle of value imports once, with its way",
    files: {
      "core/a.ts": `import "./b.ts";\n`,
      "core/b.ts": `\nimport { c } from "./c.ts";\n`,
      "core/c.ts": `export { a } from "./a.ts";\n`,
    },
    faults: [
      /core\/a\.ts:1: is in a circle of imports, core\/a\.ts -> core\/b\.ts -> core\/c\.ts -> core\/a\.ts/,
    ],
  },
  {
    title: "sees no circle in type and dynamic imports",
    files: {
      "core/a.ts": `import type { B } from "./b.ts";\nimport { type B2 } from "./b.ts";\n`,
      "core/b.ts": `import "./a.ts";\nexport const load = () => import("./a.ts");\n`,
    },
    faults: [],
  },
  {
    title: "takes braces with one value among the types for a value import",
    files: {
      "core/a.ts": `import { type B, b } from "./b.ts";\n`,
      "core/b.ts": `import "./a.ts";\n`,
    },
    faults: [/circle/],
  },
  {
    title: "refuses a library outside its owner, however it is imported",
    files: {
      "core/schema.ts": `export { z } from "zod";\n`,
      "core/api/jobs.ts": `import { z } from "zod";\n`,
      "agent/a.ts": `import type { Client } from "npm:ssh2@1.17.0";\n`,
      "cli/a.ts": `const g = await import("@grpc/grpc-js/build/src/x.js");\n`,
      "controller/jobs/a.ts": `import { DatabaseSync } from "node:sqlite";\n`,
    },
    faults: [
      /agent\/a\.ts:1: imports ssh2, owned by system\//,
      /cli\/a\.ts:1: imports @grpc\/grpc-js, owned by proto\//,
      /controller\/jobs\/a\.ts:1: imports node:sqlite, owned by controller\/store\//,
      /core\/api\/jobs\.ts:1: imports zod, owned by core\/schema\.ts/,
    ],
  },
  {
    title: "refuses a library that nobody owns, and node's in core",
    files: {
      "agent/a.ts": `import "left-pad";\nimport "node:path";\n`,
      "core/a.ts": `import "node:path";\n`,
    },
    faults: [
      /agent\/a\.ts:1: imports left-pad, which nobody owns/,
      /core\/a\.ts:1: imports node:path: "core" is pure/,
    ],
  },
  {
    title: "refuses a heavy library that main.ts loads through others",
    files: {
      "main.ts": `import "./system/a.ts";\n`,
      "system/a.ts": `import "./ssh.ts";\n`,
      "system/ssh.ts": `import { Client } from "ssh2";\n`,
    },
    faults: [
      /system\/ssh\.ts:1: loads ssh2 with every start \(main\.ts -> system\/a\.ts -> system\/ssh\.ts\)/,
    ],
  },
  {
    title: "refuses a heavy library that a lazily loaded command loads at once",
    files: {
      "main.ts": `await import("./cli/main.ts");\n`,
      "cli/main.ts": `await import("./commands/status.ts");\n`,
      "cli/commands/status.ts": `import "../../system/certificates.ts";\n`,
      "system/certificates.ts": `import "@peculiar/x509";\n`,
    },
    faults: [/system\/certificates\.ts:1: loads @peculiar\/x509 with every start/],
  },
  {
    title: "lets a role and an await import() load heavy libraries",
    files: {
      "main.ts": `import "./system/ssh.ts";\nawait import("./agent/main.ts");\n`,
      "system/ssh.ts": `import type { Client } from "ssh2";\nexport const load = () => import("ssh2");\n`,
      "agent/main.ts": `import "../proto/client.ts";\n`,
      "proto/client.ts": `import { Client } from "@grpc/grpc-js";\n`,
    },
    faults: [],
  },
  {
    title: "refuses an import() of a computed path",
    files: { "agent/a.ts": `export const load = (name: string) => import(name);\n` },
    faults: [/agent\/a\.ts:1: imports a computed path/],
  },
];

for (const { title, files, faults } of CASES) {
  Deno.test(`importFaults() ${title}`, () => {
    const found = faultsOf(files);
    assert.equal(found.length, faults.length, found.join("\n"));
    faults.forEach((fault, at) => assert.match(found[at]!, fault));
  });
}

Deno.test("check_imports.ts prints a line and ends with 1 for a broken tree, and with 0 for a whole one", async () => {
  const tool = new URL("../../../tools/check_imports.ts", import.meta.url);
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/core`);
    await Deno.writeTextFile(`${folder}/core/a.ts`, `import "../agent/b.ts";\n`);
    const run = () =>
      new Deno.Command(Deno.execPath(), { args: ["run", "-A", tool.href], cwd: folder }).output();
    const broken = await run();
    assert.equal(broken.code, 1);
    assert.match(new TextDecoder().decode(broken.stderr), /^core\/a\.ts:1: imports agent\/b\.ts/);
    await Deno.writeTextFile(`${folder}/core/a.ts`, `export {};\n`);
    assert.equal((await run()).code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readTree() reads the sources and skips what is built or fetched", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const path of ["core", "dist", ".deno", ".git"]) await Deno.mkdir(`${folder}/${path}`);
    await Deno.writeTextFile(`${folder}/core/a.ts`, "1");
    await Deno.writeTextFile(`${folder}/dist/b.ts`, "2");
    await Deno.writeTextFile(`${folder}/.deno/c.ts`, "3");
    await Deno.writeTextFile(`${folder}/picture.png`, "4");
    assert.deepEqual([...await readTree(folder)], [["core/a.ts", "1"]]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
