import assert from "node:assert/strict";
import { aHostRecord } from "../../../builders/a_host.ts";
import { apiLab } from "../../../labs/api_lab.ts";

async function metrics(lab: ReturnType<typeof apiLab>): Promise<string> {
  return await (await lab.ask("/metrics")).text();
}

/** The figure of a line that begins so. */
function figure(text: string, line: string): number {
  const found = text.split("\n").find((each) => each.startsWith(`${line} `));
  return Number(found?.slice(line.length + 1) ?? NaN);
}

Deno.test("GET /metrics counts commits, ended tasks, reports, sessions and hosts", async () => {
  using lab = apiLab();
  lab.hosts.push(aHostRecord(), aHostRecord({ id: "h2", name: "spark-2", state: "away" }));
  lab.tally.tasksEnded.failed += 3;
  lab.tally.reports.stale += 2;
  await lab.store.write(() => {});
  await lab.store.write(() => {});
  const text = await metrics(lab);
  const cases: [string, number][] = [
    ["muster_commit_duration_seconds_count", 2],
    ['muster_commit_duration_seconds_bucket{le="+Inf"}', 2],
    ['muster_tasks_ended_total{state="failed"}', 3],
    ['muster_tasks_ended_total{state="complete"}', 0],
    ['muster_reports_total{result="stale"}', 2],
    ["muster_sessions_total", 0],
    ["muster_sessions", 0],
    ['muster_hosts{state="ready"}', 1],
    ['muster_hosts{state="away"}', 1],
    ['muster_hosts{state="lost"}', 0],
    ['muster_build_info{version="1.2.3"}', 1],
    ["muster_refusing", 0],
  ];
  for (const [line, expected] of cases) assert.equal(figure(text, line), expected, `${line}\n${text}`);
  lab.state.refusing = "disk full";
  assert.equal(figure(await metrics(lab), "muster_refusing"), 1);
});

Deno.test("GET /metrics names each figure for what it is, with its unit, and says so in words", async () => {
  using lab = apiLab();
  await lab.ask("/api/v1/jobs");
  const lines = (await metrics(lab)).split("\n").filter((line) => line !== "");
  const types = new Map(
    lines.filter((line) => line.startsWith("# TYPE ")).map((line) => {
      const [, , name = "", type = ""] = line.split(" ");
      return [name, type];
    }),
  );
  assert.ok(types.size >= 12);
  for (const [name, type] of types) {
    assert.match(name, /^muster_[a-z_]+$/);
    assert.equal(name.endsWith("_total"), type === "counter", name);
    if (type === "histogram") assert.match(name, /_seconds$/);
    assert.ok(
      lines.some((line) => line.startsWith(`# HELP ${name} `) && line.length > name.length + 20),
      name,
    );
  }
  const known = [...types.keys()];
  for (const line of lines.filter((line) => !line.startsWith("#"))) {
    assert.ok(known.some((name) => line.startsWith(name)), line);
  }
});
