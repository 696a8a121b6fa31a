import assert from "node:assert/strict";
import { resultJson } from "../../../../controller/api/result_json.ts";
import { fetchedNames, isInside } from "../../../../controller/api/fetched_names.ts";
import { anAttempt } from "../../../builders/a_task.ts";

const input = {
  command: { argv: ["echo", "a b"] },
  parameters: { x: "a b" },
  host: "spark",
  facts: null,
};

Deno.test("resultJson() keeps the shapes of sparklespray and says null for what was not measured", () => {
  assert.deepEqual(resultJson({ ...input, attempt: anAttempt() }), {
    command: "echo 'a b'",
    parameters: { x: "a b" },
    return_code: "0",
    files: [],
    resource_usage: {
      user_cpu_time: { Sec: null, Usec: null },
      system_cpu_time: { Sec: null, Usec: null },
      max_memory_size: null,
      shared_memory_size: null,
      unshared_memory_size: null,
      block_input_ops: null,
      block_output_ops: null,
    },
    machine_stats: {
      machine_type: null,
      memory_total: null,
      number_of_cpus: null,
      max_memory_in_use: null,
      p95_memory_in_use: null,
      median_memory_in_use: null,
      max_user_cpu_percent_usage: null,
      p95_user_cpu_percent_usage: null,
      median_user_cpu_percent_usage: null,
    },
    state: "complete",
    exit_code: 0,
    signal: null,
    reason: null,
    attempt: 1,
    host: "spark",
    started_at: "1970-01-01T00:00:01.000Z",
    ended_at: "1970-01-01T00:00:02.500Z",
    usage_source: null,
  });
});

Deno.test("resultJson() says how the command ended", () => {
  const cases: [number | null, string | null, number | null][] = [
    [0, "0", null],
    [1, "1", null],
    [128, "128", null],
    [137, "signaled(killed)", 9],
    [143, "signaled(terminated)", 15],
    [139, "signaled(segmentation fault)", 11],
    [128 + 40, "signaled(signal 40)", 40],
    [255, "255", null],
    [null, null, null],
  ];
  for (const [exitCode, returnCode, signal] of cases) {
    const result = resultJson({ ...input, attempt: anAttempt({ exitCode }) });
    assert.deepEqual([result.return_code, result.signal], [returnCode, signal], String(exitCode));
  }
});

Deno.test("resultJson() splits seconds, and counts memory in KiB beside bytes", () => {
  const usage = {
    userCpuSeconds: 1.999_999_9,
    systemCpuSeconds: 0.25,
    maxMemoryBytes: 3 * 1024 * 1024,
    source: "cgroup2",
  };
  const result = resultJson({ ...input, attempt: anAttempt({ usage }) });
  assert.deepEqual(result.resource_usage.user_cpu_time, { Sec: 2, Usec: 0 });
  assert.deepEqual(result.resource_usage.system_cpu_time, { Sec: 0, Usec: 250_000 });
  assert.equal(result.resource_usage.max_memory_size, 3072);
  assert.equal(result.machine_stats.max_memory_in_use, 3 * 1024 * 1024);
  assert.equal(result.usage_source, "cgroup2");
});

const file = (src: string) => ({ src, size: 1, sha256: "0".repeat(64), mode: 0o644 });

Deno.test("fetchedNames() moves a file out of the way of ours and of the task's others", () => {
  const { names, refused } = fetchedNames(["stdout.txt", "stdout.txt.task", "a"].map(file));
  assert.deepEqual([...names].map(([name, { src }]) => [name, src]), [
    ["stdout.txt.task.task", "stdout.txt"],
    ["stdout.txt.task", "stdout.txt.task"],
    ["a", "a"],
  ]);
  assert.deepEqual(refused, []);
});

Deno.test("fetchedNames() refuses a name that comes twice", () => {
  const { names, refused } = fetchedNames([file("a"), file("a")]);
  assert.deepEqual([names.size, refused.length], [1, 1]);
});

Deno.test("isInside() refuses every path that could leave its folder", () => {
  for (const path of ["a", "a/b", "..a", "a..b", ".hidden", "a/.../b", "ä ö"]) {
    assert.equal(isInside(path), true, path);
  }
  for (const path of ["", "/", "/a", "..", "../a", "a/..", "a/../b", ".", "./a", "a//b", "a/", "a\0b"]) {
    assert.equal(isInside(path), false, path);
  }
  assert.equal(isInside("stdout.txt/x"), false);
});
