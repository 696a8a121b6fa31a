import assert from "node:assert/strict";
import fc from "fast-check";
import {
  place,
  type PlaceableHost,
  type Placement,
  type WaitingJob,
} from "../../../../controller/scheduling/place.ts";

const GIB = 1024 ** 3;

function aWaitingJob(overrides: Partial<WaitingJob> & { cpus?: number } = {}): WaitingJob {
  const { cpus = 1, ...rest } = overrides;
  const need = { cpus, memoryBytes: 0, gpus: 0 };
  return { id: "job", pending: 100, out: 0, need, on: null, meanRunMs: null, ...rest };
}

function aPlaceableHost(
  id: string,
  overrides: Partial<PlaceableHost> & { cpus?: number } = {},
): PlaceableHost {
  const { cpus = 4, ...rest } = overrides;
  return { id, name: id, capacity: { cpus, memoryBytes: 16 * GIB, gpus: 0 }, held: [], ...rest };
}

const held = (count: number, cpus = 1, meanRunMs: number | null = null) => [
  { count, need: { cpus, memoryBytes: 0, gpus: 0 }, meanRunMs },
];

const table = (placements: readonly Placement[]) =>
  Object.fromEntries(placements.map(({ jobId, hostId, count }) => [`${jobId} ${hostId}`, count]));

Deno.test("place() gives a host twice what runs there while the mean run time is not known", () => {
  assert.deepEqual(table(place([aWaitingJob()], [aPlaceableHost("a")])), { "job a": 8 });
});

Deno.test("place() looks 200 ms of work ahead", () => {
  // 4 CPUs do 20 tasks of 10 ms in 50 ms, so 80 in 200 ms.
  assert.deepEqual(table(place([aWaitingJob({ meanRunMs: 10 })], [aPlaceableHost("a")])), { "job a": 80 });
});

Deno.test("place() puts no more than 1000 tasks on a host", () => {
  const job = aWaitingJob({ pending: 100_000, meanRunMs: 0 });
  assert.deepEqual(table(place([job], [aPlaceableHost("a")])), { "job a": 1000 });
});

Deno.test("place() stops at its limit, evenly", () => {
  const job = aWaitingJob({ pending: 100_000, meanRunMs: 0 });
  const hosts = [aPlaceableHost("a"), aPlaceableHost("b")];
  assert.deepEqual(table(place([job], hosts, 20)), { "job a": 10, "job b": 10 });
});

Deno.test("place() refills short work only when it has fallen to three quarters", () => {
  const job = aWaitingJob({ pending: 100_000, meanRunMs: 10 });
  assert.deepEqual(place([job], [aPlaceableHost("a", { held: held(70, 1, 10) })]), []);
  assert.deepEqual(table(place([job], [aPlaceableHost("a", { held: held(60, 1, 10) })])), { "job a": 20 });
});

Deno.test("place() spreads the last tasks of a job evenly", () => {
  const hosts = ["a", "b", "c"].map((id) => aPlaceableHost(id));
  assert.deepEqual(table(place([aWaitingJob({ pending: 6 })], hosts)), {
    "job a": 2,
    "job b": 2,
    "job c": 2,
  });
});

Deno.test("place() gives a larger host its larger share", () => {
  const hosts = [aPlaceableHost("small", { cpus: 2 }), aPlaceableHost("large", { cpus: 8 })];
  assert.deepEqual(table(place([aWaitingJob({ pending: 10 })], hosts)), { "job small": 2, "job large": 8 });
});

Deno.test("place() leaves nothing waiting on a busy host while another one is idle", () => {
  const hosts = [aPlaceableHost("busy", { held: held(4) }), aPlaceableHost("idle")];
  assert.deepEqual(table(place([aWaitingJob({ pending: 4 })], hosts)), { "job idle": 4 });
});

Deno.test("place() puts nothing behind work of unknown length beyond twice what runs", () => {
  const hosts = [aPlaceableHost("a", { held: held(8) })];
  assert.deepEqual(place([aWaitingJob({ meanRunMs: 1 })], hosts), []);
});

Deno.test("place() lets jobs take turns", () => {
  const jobs = [
    aWaitingJob({ id: "large", pending: 100_000, out: 4 }),
    aWaitingJob({ id: "late", pending: 1 }),
  ];
  const hosts = [aPlaceableHost("a", { held: held(7) })];
  assert.deepEqual(table(place(jobs, hosts)), { "late a": 1 });
  const both = place([aWaitingJob({ id: "x" }), aWaitingJob({ id: "y" })], [aPlaceableHost("a")]);
  assert.deepEqual(table(both), { "x a": 4, "y a": 4 });
});

Deno.test("place() does not starve a large task beside small ones", () => {
  const jobs = [aWaitingJob({ id: "small", out: 7 }), aWaitingJob({ id: "large", pending: 1, cpus: 4 })];
  assert.deepEqual(table(place(jobs, [aPlaceableHost("a", { held: held(7) })])), { "large a": 1 });
});

Deno.test("place() keeps a job on the hosts it names", () => {
  const hosts = [aPlaceableHost("a"), aPlaceableHost("b")];
  assert.deepEqual(table(place([aWaitingJob({ on: ["b"], pending: 3 })], hosts)), { "job b": 3 });
  assert.deepEqual(place([aWaitingJob({ on: ["nobody"] })], hosts), []);
});

Deno.test("place() gives tasks only to hosts that they fit", () => {
  const hosts = [aPlaceableHost("a"), aPlaceableHost("b", { cpus: 16 })];
  assert.deepEqual(table(place([aWaitingJob({ cpus: 8, pending: 2 })], hosts)), { "job b": 2 });
  const memory = aWaitingJob({ need: { cpus: 1, memoryBytes: 20 * GIB, gpus: 0 } });
  assert.deepEqual(place([memory], hosts), []);
  assert.deepEqual(place([aWaitingJob({ need: { cpus: 1, memoryBytes: 0, gpus: 1 } })], hosts), []);
});

Deno.test("place() counts memory as it counts CPUs", () => {
  const job = aWaitingJob({ need: { cpus: 1, memoryBytes: 8 * GIB, gpus: 0 } });
  assert.deepEqual(table(place([job], [aPlaceableHost("a")])), { "job a": 4 });
});

Deno.test("place() is unaffected by fractions that do not add up exactly", () => {
  const job = aWaitingJob({ cpus: 0.1, pending: 10 });
  const hosts = [aPlaceableHost("a", { cpus: 1 }), aPlaceableHost("b", { cpus: 1, held: held(10, 0.1) })];
  assert.deepEqual(table(place([job], hosts)), { "job a": 10 });
});

Deno.test("place() never places more than is pending, nor on a full host while another has room", () => {
  const jobs = fc.array(
    fc.record({
      pending: fc.integer({ min: 1, max: 30 }),
      out: fc.nat(20),
      cpus: fc.constantFrom(0.5, 1, 2, 4),
      meanRunMs: fc.constantFrom(null, 0, 5, 1000),
    }),
    { maxLength: 5 },
  );
  const hosts = fc.array(
    fc.record({ cpus: fc.constantFrom(1, 2, 8), busy: fc.nat(4) }),
    { maxLength: 5 },
  );
  fc.assert(fc.property(jobs, hosts, (someJobs, someHosts) => {
    const waiting = someJobs.map((job, at) => aWaitingJob({ id: `j${at}`, ...job }));
    const able = someHosts.map(({ cpus, busy }, at) => aPlaceableHost(`h${at}`, { cpus, held: held(busy) }));
    const placed = place(waiting, able);
    const used = new Map(someHosts.map(({ busy }, at) => [`h${at}`, busy]));
    for (const { id, pending, need } of waiting) {
      const mine = placed.filter(({ jobId }) => jobId === id);
      assert.ok(mine.reduce((sum, { count }) => sum + count, 0) <= pending);
      for (const { hostId, count } of mine) used.set(hostId, used.get(hostId)! + count * need.cpus);
    }
    // If a task was left behind, no host it fits still has room for it.
    for (const { id, pending, need } of waiting) {
      const count = placed.filter(({ jobId }) => jobId === id).reduce((sum, each) => sum + each.count, 0);
      if (count === pending) continue;
      for (const { id: hostId, capacity } of able) assert.ok(used.get(hostId)! + need.cpus > capacity.cpus);
    }
  }));
});
