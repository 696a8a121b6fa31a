import assert from "node:assert/strict";
import { type SubmitBody, submitSchema } from "../../../core/api/jobs.ts";
import { MusterError } from "../../../core/errors.ts";
import { specFromSubmit } from "../../../core/submission.ts";

const TABLE = { columns: ["file"], rows: [["a"], ["b"]] };

function check(body: Partial<SubmitBody>, table: typeof TABLE | null = null) {
  return specFromSubmit(submitSchema.parse({ command: { argv: ["true"] }, ...body }), table);
}

Deno.test("specFromSubmit() makes one task of a bare command", () => {
  assert.deepEqual(check({}), {
    spec: {
      name: "true",
      kind: "batch",
      command: { argv: ["true"] },
      columns: [],
      total: 1,
      resources: { cpus: 1, memoryBytes: null, gpus: 0 },
      env: {},
      directory: { kind: "fresh" },
      results: null,
      retries: 0,
      timeoutSeconds: null,
      on: null,
      after: [],
      requeueAfterSeconds: 300,
      labels: {},
    },
    rows: null,
  });
});

Deno.test("specFromSubmit() takes every field over", () => {
  const { spec, rows } = check({
    name: "n1",
    command: { shell: "wc {file} >{index:03}" },
    parameters: TABLE,
    retries: 2,
    timeout: 5,
    cpus: 0.5,
    memory: 1024,
    gpus: 1,
    env: { A: "{file}" },
    directory: "/data",
    results: ["{index}/*"],
    on: ["spark-1"],
    after: [{ job: "prep" }, { job: "j123", when: "any" }],
    requeue_after: null,
    labels: { team: "a b" },
  });
  assert.deepEqual(rows, TABLE.rows);
  assert.deepEqual(spec, {
    name: "n1",
    kind: "batch",
    command: { shell: "wc {file} >{index:03}" },
    columns: ["file"],
    total: 2,
    resources: { cpus: 0.5, memoryBytes: 1024, gpus: 1 },
    env: { A: "{file}" },
    directory: { kind: "in_place", path: "/data" },
    results: ["{index}/*"],
    retries: 2,
    timeoutSeconds: 5,
    on: ["spark-1"],
    after: [{ jobId: "prep", when: "ok" }, { jobId: "j123", when: "any" }],
    requeueAfterSeconds: null,
    labels: { team: "a b" },
  });
});

Deno.test("specFromSubmit() counts the tasks of seq and of a blob's table", () => {
  assert.equal(check({ seq: 2000 }).spec.total, 2000);
  const blob = { blob: "0".repeat(64), format: "csv" as const };
  const { spec, rows } = check({ parameters: blob, command: { argv: ["wc", "{file}"] } }, TABLE);
  assert.deepEqual([spec.total, spec.columns, rows], [2, ["file"], TABLE.rows]);
});

Deno.test("specFromSubmit() takes results of many names and of alternatives in doubled braces", () => {
  const columns = ["a", "b", "c", "d", "e"];
  const results = ["{a}-{b}-{c}-{d}-{e}-{index}.{{png,jpg}}"];
  const { spec } = check({ parameters: { columns, rows: [columns] }, results });
  assert.deepEqual(spec.results, results);
});

const REFUSED: readonly [what: string, body: Partial<SubmitBody>, message: RegExp][] = [
  ["seq beside parameters", { seq: 2, parameters: TABLE }, /wanted one of seq and parameters, found both/],
  ["a bad name", { name: "a b" }, /Cannot name a job "a b"/],
  ["an empty command", { command: { argv: [""] } }, /command is empty/],
  ["a blank shell text", { command: { shell: " \n" } }, /command is empty/],
  ["a NUL in the command", { command: { argv: ["a", "\0"] } }, /command holds a NUL/],
  ["an unknown name", { command: { argv: ["{file}"] } }, /of the command: unknown name \{file\}/],
  ["an unknown name in env", { env: { A: "{x}" } }, /of env A: unknown name \{x\}/],
  ["a bad environment name", { env: { "A-B": "" } }, /environment variable "A-B"/],
  ["a NUL in env", { env: { A: "\0" } }, /env A holds a NUL/],
  ["a relative directory", { directory: "data" }, /directory "data": wanted an absolute path/],
  ["absolute results", { results: ["/etc/*"] }, /"\/etc\/\*": wanted a path relative/],
  [
    "results that climb by a value",
    { parameters: { columns: ["d"], rows: [["ok"], [".."]] }, results: ["{d}/x"] },
    /"\.\.\/x": it may not climb/,
  ],
  [
    "an uneven row",
    { parameters: { columns: ["a"], rows: [["1"], ["1", "2"]] } },
    /row 2 of parameters is uneven/,
  ],
  [
    "a column twice",
    { parameters: { columns: ["a", "a"], rows: [["1", "2"]] } },
    /parameters: column "a" is there twice/,
  ],
  ["a column named index", { parameters: { columns: ["index"], rows: [["1"]] } }, /may not be named "index"/],
  ["a NUL in a row", { parameters: { columns: ["a"], rows: [["\0"]] } }, /row 1 of parameters holds a NUL/],
  ["a bad host name", { on: ["a;b"] }, /Cannot name a host "a;b"/],
  ["a bad label", { labels: { "": "x" } }, /labels ""/],
];

for (const [what, body, message] of REFUSED) {
  Deno.test(`specFromSubmit() refuses ${what}`, () => {
    assert.throws(() => check(body), (error) => {
      assert.ok(error instanceof MusterError);
      assert.equal(error.code, "InvalidInput");
      assert.match(error.message, message);
      return true;
    });
  });
}
