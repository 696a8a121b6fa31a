import assert from "node:assert/strict";
import { jobState } from "../../../../core/job_state.ts";
import { attemptsBetween, insertAttempt, listAttempts } from "../../../../controller/store/attempts.ts";
import { EMPTY_SHA256 } from "../../../../core/blob_name.ts";
import {
  forgetEvents,
  insertEvents,
  listEvents,
  newestEvent,
  oldestEvent,
} from "../../../../controller/store/events.ts";
import { findJob } from "../../../../controller/store/find_job.ts";
import { countJobs, insertJob, jobById, listJobs, updateJob } from "../../../../controller/store/jobs.ts";
import { openStore } from "../../../../controller/store/sqlite_store.ts";
import type { Db } from "../../../../controller/store/store.ts";
import {
  findTask,
  insertTasks,
  listTasks,
  pendingRanges,
  updateTask,
} from "../../../../controller/store/tasks.ts";
import { systemClock } from "../../../../system/clock.ts";
import { silentLog } from "../../../../system/log.ts";
import { aSpec, someCounts } from "../../../builders/a_job.ts";

function records(title: string, body: (db: Db) => void): void {
  Deno.test(title, async () => {
    const store = openStore(":memory:", { log: silentLog, clock: systemClock });
    try {
      await store.write(body);
    } finally {
      await store.close();
    }
  });
}

function addJob(db: Db, id: string, name = "words", total = 3) {
  const spec = aSpec({ name, total });
  const seq = insertJob(db, { id, spec, createdAt: 5, createdBy: "t1" }, true);
  insertTasks(db, seq, 1, total, Array.from({ length: total }, (_, at) => [`file ${at + 1}`]));
  return { seq, id, spec };
}

records("listJobs() pages newest first and filters by name", (db) => {
  for (let at = 1; at <= 5; at++) addJob(db, `j${at}`, at % 2 === 0 ? "even" : "odd");
  assert.deepEqual(listJobs(db, { limit: 2 }).map(({ id }) => id), ["j5", "j4"]);
  assert.deepEqual(listJobs(db, { limit: 2, before: 4 }).map(({ id }) => id), ["j3", "j2"]);
  assert.deepEqual(listJobs(db, { name: "even" }).map(({ id }) => id), ["j4", "j2"]);
});

records("listJobs() knows the states that jobState() knows", (db) => {
  const cases = [
    someCounts({ pending: 3 }),
    someCounts({ pending: 1, complete: 2 }),
    someCounts({ claimed: 1, pending: 2 }),
    someCounts({ complete: 3 }),
    someCounts({ failed: 1, killed: 1, complete: 1 }),
    someCounts({ killed: 1, complete: 2 }),
  ];
  for (const [at, counts] of cases.entries()) {
    const { seq } = addJob(db, `j${at}`);
    const ended = counts.pending + counts.claimed + counts.running === 0;
    updateJob(db, seq, counts, null, ended ? 9 : null);
  }
  for (const state of ["pending", "running", "complete", "failed", "killed"] as const) {
    const wanted = cases.flatMap((counts, at) => jobState(counts) === state ? [`j${at}`] : []).toReversed();
    assert.deepEqual(listJobs(db, { state }).map(({ id }) => id), wanted, state);
  }
  assert.deepEqual(countJobs(db), { pending: 1, running: 2, ended: 3 });
});

records("a job that is not ready does not exist", (db) => {
  insertJob(db, { id: "j1", spec: aSpec(), createdAt: 5, createdBy: null }, false);
  assert.equal(jobById(db, "j1"), null);
  assert.deepEqual(listJobs(db), []);
  assert.throws(() => findJob(db, "last"), { code: "NotFound" });
});

records("findJob() takes an id, a name, a unique prefix and `last`", (db) => {
  addJob(db, "jabc1", "words");
  addJob(db, "jabd2", "words");
  addJob(db, "jxyz3", "other");
  const cases = [["jabc1", "jabc1"], ["words", "jabd2"], ["jx", "jxyz3"], ["last", "jxyz3"]] as const;
  for (const [text, id] of cases) assert.equal(findJob(db, text).id, id);
});

records("findJob() lists the candidates of an ambiguous prefix", (db) => {
  addJob(db, "jabc1", "words");
  addJob(db, "jabd2", "other");
  const message = 'Cannot tell which job "jab" is: jabc1 (words), jabd2 (other)';
  assert.throws(() => findJob(db, "jab"), { code: "InvalidInput", message });
});

records("findJob() names the nearest name", (db) => {
  addJob(db, "j1", "words");
  assert.throws(() => findJob(db, "wrods"), { code: "NotFound", hint: 'Did you mean "words"?' });
});

records("listTasks() pages by index and filters by state", (db) => {
  const job = addJob(db, "j1", "words", 10);
  for (const index of [3, 7, 9]) {
    updateTask(db, job.seq, { ...findTask(db, job, index)!.task, state: "failed", exitCode: 130 });
  }
  assert.deepEqual(listTasks(db, job, { limit: 2, after: 4 }).map(({ task }) => task.index), [5, 6]);
  const failed = listTasks(db, job, { state: "failed", after: 3 });
  assert.deepEqual(failed.map(({ task }) => [task.index, task.signal]), [[7, 2], [9, 2]]);
  assert.deepEqual(failed[0]?.parameters, ["file 7"]);
  assert.deepEqual(pendingRanges(db, job.seq), [
    { from: 1, to: 2 },
    { from: 4, to: 6 },
    { from: 8, to: 8 },
    { from: 10, to: 10 },
  ]);
});

records("listAttempts() gives back what insertAttempt() was given", (db) => {
  const job = addJob(db, "j1");
  const sha256 = "ab".repeat(32);
  const usage = { userCpuSeconds: 1, systemCpuSeconds: null, maxMemoryBytes: null, source: "times" };
  const files = [{ src: "a.txt", size: 3, sha256, mode: 0o644 }];
  const base = { hostId: "h", exitCode: 137, reason: null, startedAt: 1, endedAt: 2 };
  const result = { output: { size: 4, sha256 }, files, usage };
  insertAttempt(db, job.seq, { ...base, index: 1, attempt: 1, state: "failed", result });
  insertAttempt(db, job.seq, { ...base, index: 2, attempt: 1, state: "lost", result: null });
  const [first] = listAttempts(db, job.seq, 1);
  assert.deepEqual(first, { ...base, index: 1, attempt: 1, state: "failed", signal: 9, ...result });
  const empty = { ...result, files: [], output: { size: 0, sha256: EMPTY_SHA256 } };
  insertAttempt(db, job.seq, { ...base, index: 2, attempt: 2, state: "complete", result: empty });
  const outputs = attemptsBetween(db, job.seq, 2, 3).map(({ output }) => output);
  assert.deepEqual(outputs, [null, { size: 0, sha256: EMPTY_SHA256 }]);
});

records("listEvents() continues after a number and filters", (db) => {
  const job = addJob(db, "j1");
  const last = insertEvents(
    db,
    Array.from({ length: 40 }, (_, at) => ({
      at: 5,
      kind: at % 2 === 0 ? "task.claimed" : "host.away",
      job: at % 2 === 0 ? job : null,
      index: at,
      hostId: null,
      data: at === 0 ? { attempt: 1 } : null,
    })),
  );
  assert.equal(last, 40);
  assert.deepEqual(
    listEvents(db, { limit: 40 }).map(({ index }) => index),
    Array.from({ length: 40 }, (_, at) => at),
  );
  assert.deepEqual(listEvents(db, { since: 38 }).map(({ seq, jobId }) => [seq, jobId]), [[39, "j1"], [
    40,
    null,
  ]]);
  assert.equal(listEvents(db, { jobId: "j1" }).length, 20);
  assert.equal(listEvents(db, { kind: "host.away" }).length, 20);
  assert.deepEqual(listEvents(db, { limit: 1 })[0]?.data, { attempt: 1 });
});

records("forgetEvents() forgets old ones and surplus ones, but never the newest", (db) => {
  const day = 24 * 3600 * 1000;
  const event = (at: number) => ({ at, kind: "x", job: null, index: null, hostId: null, data: null });
  insertEvents(db, [...Array(10).fill(event(0)), ...Array(10).fill(event(20 * day))]);
  forgetEvents(db, 31 * day, 4);
  assert.equal(oldestEvent(db), 5);
  forgetEvents(db, 31 * day, 100);
  assert.equal(oldestEvent(db), 11);
  forgetEvents(db, 31 * day, 100, 3);
  assert.equal(oldestEvent(db), 18);
  forgetEvents(db, 99 * day, 100);
  assert.deepEqual([oldestEvent(db), newestEvent(db)], [20, 20]);
});
