import assert from "node:assert/strict";
import { aHostRecord } from "../../../builders/a_host.ts";
import { apiLab, eventsOf } from "../../../labs/api_lab.ts";
import { waitUntil } from "../../../labs/wait_until.ts";

const SAMPLE = {
  at: 1_000,
  cpuUsed: 1.5,
  memoryUsedBytes: 2e9,
  gpus: [{ index: 0, utilization: null, memoryUsedBytes: 3e9 }],
};

const SAMPLE_BODY = {
  at: "1970-01-01T00:00:01.000Z",
  cpu_used: 1.5,
  memory_used: 2e9,
  gpus: [{ index: 0, utilization: null, memory_used: 3e9 }],
};

Deno.test("GET /hosts/{host} takes an id or a name, an id first, and shows the newest sample", async () => {
  using lab = apiLab();
  lab.hosts.push(aHostRecord({ name: "h2" }), aHostRecord({ id: "h2", name: "spark-2", sample: SAMPLE }));
  const shown = async (word: string) => await (await lab.ask(`/api/v1/hosts/${word}`)).json();
  assert.equal((await shown("h1")).sample, null);
  assert.equal((await shown("spark-2")).id, "h2");
  assert.deepEqual([(await shown("h2")).id, (await shown("h2")).sample], ["h2", SAMPLE_BODY]);
  const { error } = await shown("spark2");
  assert.equal(error.message, 'Cannot find host "spark2": the fleet has no host of this id or name');
  assert.equal(error.hint, 'Did you mean "spark-2"?');
});

Deno.test("GET /hosts/{host}/samples has the host watched while anybody listens", async () => {
  using lab = apiLab();
  lab.hosts.push(aHostRecord());
  const ask = async () => eventsOf(await lab.ask("/api/v1/hosts/spark-1/samples"));
  lab.sample("h1", { ...SAMPLE, cpuUsed: 9 });
  const first = await ask();
  const second = await ask();
  const figures = async (events: typeof first) => (await events.next()).value!.data.cpu_used;
  assert.deepEqual([await figures(first), await figures(second)], [9, 9]);
  lab.sample("h1", SAMPLE);
  const event = (await first.next()).value;
  assert.deepEqual([event?.event, event?.data], ["sample", SAMPLE_BODY]);
  await first.return(undefined);
  assert.deepEqual(lab.calls, [{ name: "watch", args: ["h1", true] }]);
  await second.return(undefined);
  await waitUntil(() => lab.calls.length === 2);
  assert.deepEqual(lab.calls.at(-1), { name: "watch", args: ["h1", false] });
  assert.equal((await lab.ask("/api/v1/hosts/none/samples")).status, 404);
});

Deno.test("GET /hosts/{host}/samples lets go of the host when a reader leaves who has read nothing", async () => {
  using lab = apiLab();
  lab.hosts.push(aHostRecord());
  lab.sample("h1", SAMPLE);
  const response = await lab.ask("/api/v1/hosts/h1/samples");
  await waitUntil(() => lab.calls.length === 1, { what: "the watch" });
  for (const cpuUsed of [1, 2, 3]) lab.sample("h1", { ...SAMPLE, cpuUsed });
  await response.body?.cancel();
  await waitUntil(() => lab.calls.length === 2, { what: "the end of the watch" });
});
