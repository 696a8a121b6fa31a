import assert from "node:assert/strict";
import { hostFacts, recordHostEvents } from "../../../../controller/hosts/host_events.ts";
import { insertHost, recordRegister } from "../../../../controller/store/hosts.ts";
import type { StoredEvent } from "../../../../controller/store/events.ts";
import { silentLog } from "../../../../system/log.ts";
import { aHost, someFacts } from "../../../builders/a_host.ts";
import { FakeFleet } from "../../../fakes/fake_fleet.ts";
import { type QueueLab, queueLab } from "../../../labs/queue_lab.ts";

type Look = Readonly<Record<string, string | null>>;
const looked = (look: Look) => new Map(Object.entries(look).map(([id, refusing]) => [id, { refusing }]));

Deno.test("hostFacts() tells one fact a change, and none where nothing changed", async (t) => {
  const cases: [string, Look, Look, string[]][] = [
    ["nothing", { a: null }, { a: null }, []],
    ["a host comes", {}, { a: null }, ["host.ready a"]],
    ["a host comes that refuses", {}, { a: "disk full" }, ["host.ready a", "host.refusing a disk full"]],
    ["a host goes", { a: null, b: null }, { b: null }, ["host.away a"]],
    ["a host that refused goes", { a: "disk full" }, {}, ["host.away a"]],
    ["it begins to refuse", { a: null }, { a: "disk full" }, ["host.refusing a disk full"]],
    ["it refuses in other words", { a: "1.9 GiB free" }, { a: "1.8 GiB free" }, []],
    ["it takes work again", { a: "disk full" }, { a: null }, ["host.taking_work a"]],
    ["one comes for another", { a: null }, { b: null }, ["host.away a", "host.ready b"]],
  ];
  for (const [name, before, now, expected] of cases) {
    await t.step(name, () => {
      const facts = hostFacts(looked(before), looked(now));
      const words = facts.map(({ kind, hostId, data }) => [kind, hostId, data?.reason].join(" ").trim());
      assert.deepEqual(words, expected);
    });
  }
});

function follow(lab: QueueLab): () => void {
  return recordHostEvents({
    fleet: lab.fleet,
    log: silentLog,
    record: (facts) => lab.queue.record(facts),
  });
}

const kinds = (events: readonly StoredEvent[]) => events.map(({ kind }) => kind);

Deno.test("recordHostEvents() writes each change once and publishes it, until it is stopped", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet() });
  const published: StoredEvent[] = [];
  lab.feed.subscribe((events) => published.push(...events));
  const stop = follow(lab);
  lab.fleet.set(aHost());
  lab.fleet.set(aHost());
  lab.fleet.set(aHost({ refusing: "disk nearly full" }));
  lab.fleet.set(aHost());
  lab.fleet.set();
  await lab.settled();
  stop();
  lab.fleet.set(aHost());
  await lab.settled();
  const events = lab.events();
  assert.deepEqual(kinds(events), ["host.ready", "host.refusing", "host.taking_work", "host.away"]);
  assert.deepEqual(events.map(({ hostId, jobId }) => [hostId, jobId]), Array(4).fill(["alpha", null]));
  assert.deepEqual(events[1]?.data, { reason: "disk nearly full" });
  assert.deepEqual(published, events);
});

Deno.test("the queue tells once that a host is lost, and again only after it was back", async () => {
  await using lab = await queueLab({ fleet: new FakeFleet([aHost({ cpus: 8 })]) });
  const key = { keySha256: new Uint8Array(32), machineId: null, createdAt: 1 };
  await lab.store.write((db) => insertHost(db, { id: "alpha", name: "alpha", ...key }));
  const lose = async () => {
    lab.fleet.set();
    lab.clock.advance(10_000);
    lab.fleet.set();
    lab.clock.advance(10_000);
    lab.fleet.set();
    await lab.settled();
    return kinds(lab.events()).filter((kind) => kind === "host.lost").length;
  };
  await lab.submit({ total: 1, requeueAfterSeconds: 10 });
  await lab.submit({ total: 1, requeueAfterSeconds: 20, name: "other" });
  assert.equal(await lose(), 1);
  const said = { facts: someFacts(), agentVersion: "0.1.0", now: 5 };
  await lab.store.write((db) => recordRegister(db, "alpha", said));
  lab.fleet.set(aHost({ cpus: 8 }));
  await lab.settled();
  assert.equal(await lose(), 2);
  const lost = lab.events().findLast(({ kind }) => kind === "host.lost");
  assert.deepEqual([lost?.hostId, lost?.data.reason], ["alpha", "its host was not seen for too long"]);
});
