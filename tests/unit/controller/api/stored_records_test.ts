import assert from "node:assert/strict";
import { createEventRecords, createJobRecords } from "../../../../controller/api/stored_records.ts";
import { createHostRecords } from "../../../../controller/api/host_records.ts";
import { createEventFeed } from "../../../../controller/jobs/event_feed.ts";
import { insertEvents } from "../../../../controller/store/events.ts";
import { insertJob } from "../../../../controller/store/jobs.ts";
import { insertTasks } from "../../../../controller/store/tasks.ts";
import type { MusterError } from "../../../../core/errors.ts";
import type { ConnectedHost } from "../../../../controller/hosts/fleet.ts";
import { aSpec } from "../../../builders/a_job.ts";
import { aStore } from "../../../builders/a_store.ts";

async function withJobs(count: number) {
  const store = aStore();
  for (let number = 1; number <= count; number++) {
    await store.write((db) => {
      const spec = aSpec({ name: `job-${number}`, total: 5, columns: [] });
      const seq = insertJob(db, { id: `id${number}`, spec, createdAt: number, createdBy: null }, true);
      insertTasks(db, seq, 1, 5, null);
    });
  }
  return store;
}

Deno.test("createJobRecords() pages jobs from the newest and tasks by index, each once", async () => {
  using store = await withJobs(5);
  const records = createJobRecords(store);
  const ids: string[] = [];
  const indexes: number[] = [];
  for (let cursor: string | undefined, more = true; more;) {
    const page = records.list({ limit: 2, cursor });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next ?? undefined;
    more = page.next !== null;
  }
  for (let cursor: string | undefined, more = true; more;) {
    const page = records.tasks("id1", { limit: 2, cursor });
    indexes.push(...page.items.map(({ task }) => task.index));
    cursor = page.next ?? undefined;
    more = page.next !== null;
  }
  assert.deepEqual(ids, ["id5", "id4", "id3", "id2", "id1"]);
  assert.deepEqual(indexes, [1, 2, 3, 4, 5]);
});

Deno.test("createJobRecords() refuses a cursor that is none, and knows what it does not have", async () => {
  using store = await withJobs(1);
  const records = createJobRecords(store);
  const isInvalid = (error: MusterError) => error.code === "InvalidInput";
  assert.throws(() => records.list({ limit: 1, cursor: "x' OR 1" }), isInvalid);
  assert.throws(() => records.tasks("id1", { limit: 1, cursor: "-1" }), isInvalid);
  assert.throws(() => records.find("nothing"), (error: MusterError) => error.code === "NotFound");
  assert.equal(records.task("id1", 6), null);
  assert.deepEqual(records.attempts("id1", 1), []);
});

Deno.test("createEventRecords() says what is kept and wakes its listeners", async () => {
  using store = await withJobs(1);
  const feed = createEventFeed();
  const events = createEventRecords(store, feed);
  assert.deepEqual([events.oldest(), events.newest()], [1, 0]);
  const event = {
    at: 1,
    kind: "job.submitted",
    job: { seq: 1, id: "id1" },
    index: null,
    hostId: null,
    data: null,
  };
  await store.write((db) => insertEvents(db, [event, { ...event, job: null }]));
  assert.deepEqual([events.oldest(), events.newest()], [1, 2]);
  assert.deepEqual(events.after(0, { limit: 10, jobId: "id1" }).map(({ seq }) => seq), [1]);
  let rung = 0;
  const stop = events.onEvents(() => rung++);
  feed.publish(events.after(1, { limit: 10, jobId: null }));
  stop();
  feed.publish(events.after(1, { limit: 10, jobId: null }));
  assert.equal(rung, 1);
});

const FACTS = {
  hostname: "spark",
  platform: "linux-arm64",
  cpus: 20,
  memoryBytes: 128e9,
  disk: null,
  gpus: [],
  bootId: "b",
  machineId: null,
  os: null,
  kernel: null,
} as const;

Deno.test("createHostRecords() takes a host's state from its session, and hides the removed and the unseen", () => {
  const row = { labels: {}, agentVersion: "1", lastSeenAt: 5, facts: FACTS };
  const connected: ConnectedHost[] = [
    { id: "h1", name: "a", facts: FACTS, labels: {}, draining: false, refusing: "disk" },
    { id: "h2", name: "b", facts: FACTS, labels: {}, draining: true, refusing: null },
  ];
  const hosts = createHostRecords({
    fleet: { connected: () => connected, onChange: () => () => {}, sample: () => null },
    rows: () => [
      { ...row, id: "h1", name: "a", state: "away" },
      { ...row, id: "h2", name: "b", state: "draining" },
      { ...row, id: "h3", name: "c", state: "lost" },
      { ...row, id: "h4", name: "d", state: "removed" },
      { ...row, id: "h5", name: "e", state: "away", facts: null },
      { ...row, id: "h6", name: "f", state: "draining" },
    ],
    lastSeenAt: () => 9,
    enroll: () => Promise.reject(new Error("not here")),
  });
  assert.deepEqual(
    hosts.list().map(({ name, state, lastSeenAt, refusing }) => [name, state, lastSeenAt, refusing]),
    [
      ["a", "ready", 9, "disk"],
      ["b", "draining", 9, null],
      ["c", "lost", 5, null],
      ["f", "away", 5, null],
    ],
  );
  assert.deepEqual([hosts.nameOf("h4"), hosts.nameOf("h9")], ["d", null]);
});
