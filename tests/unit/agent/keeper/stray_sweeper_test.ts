import assert from "node:assert/strict";
import { StraySweeper } from "../../../../agent/keeper/stray_sweeper.ts";
import type { ProcessTable } from "../../../../agent/keeper/process_table.ts";

interface FakeProcess {
  readonly session: number;
  readonly task: string | null;
}

function fakeTable(processes: Map<number, FakeProcess>) {
  const signals: [number, string][] = [];
  const reads: number[] = [];
  const find = (pid: number) => {
    const process = processes.get(pid);
    return process === undefined
      ? null
      : { pid, parent: 1, session: process.session, startTime: "1", rssBytes: 0, isZombie: false };
  };
  const table: ProcessTable = {
    bootId: "boot",
    find,
    list: () => [...processes.keys()].map((pid) => find(pid)!),
    pids: () => [...processes.keys()],
    taskOf(pid) {
      reads.push(pid);
      return processes.get(pid)?.task ?? null;
    },
    signal: (pid, signal) => signals.push([pid, signal]),
  };
  return { table, signals, reads };
}

Deno.test("StraySweeper ends what carries an ended task's name, first gently", () => {
  const processes = new Map([
    [10, { session: 10, task: null }],
    [11, { session: 10, task: "job:2:1" }],
    [20, { session: 20, task: "job:1:1" }],
    [30, { session: 30, task: "other:1:1" }],
    [40, { session: 40, task: null }],
  ]);
  const { table, signals, reads } = fakeTable(processes);
  const lanes = new Map([[10, "job:2:1"]]);
  const sweeper = new StraySweeper({ processes: table, laneTask: (pid) => lanes.get(pid) });
  sweeper.taskEnded("job:1:1");
  for (let look = 0; look < 4; look++) assert.equal(sweeper.sweep(), 1);
  assert.deepEqual(signals, [[20, "SIGTERM"]]);
  assert.equal(sweeper.sweep(), 1);
  assert.deepEqual(signals, [[20, "SIGTERM"], [20, "SIGKILL"]]);
  assert.equal(reads.filter((pid) => pid === 40).length, 1, "a stranger is read once");
  processes.delete(20);
  assert.equal(sweeper.sweep(), 0);
  sweeper.stop();
});

Deno.test("StraySweeper ends what is left in the session of an idle lane, and leaves a busy one's alone", () => {
  const { table, signals } = fakeTable(
    new Map([
      [11, { session: 10, task: null }],
      [21, { session: 20, task: null }],
    ]),
  );
  const lanes = new Map<number, string | null>([[10, null], [20, "job:1:1"]]);
  const sweeper = new StraySweeper({ processes: table, laneTask: (pid) => lanes.get(pid) });
  sweeper.sweep();
  assert.deepEqual(signals, [[11, "SIGTERM"]]);
  lanes.set(20, null);
  for (let look = 0; look < 4; look++) sweeper.sweep();
  assert.deepEqual(signals, [[11, "SIGTERM"], [21, "SIGTERM"], [11, "SIGKILL"]]);
  sweeper.stop();
});
