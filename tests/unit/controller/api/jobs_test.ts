import assert from "node:assert/strict";
import { aJob, someCounts } from "../../../builders/a_job.ts";
import { apiLab, eventsOf } from "../../../labs/api_lab.ts";
import { queueLab } from "../../../labs/queue_lab.ts";
import { waitUntil } from "../../../labs/wait_until.ts";

const TRUE = { command: { argv: ["true"] } };

async function errorOf(response: Response) {
  return { status: response.status, ...(await response.json()).error as { code: string; message: string } };
}

Deno.test("POST /jobs stores the job, names its place and answers its body", async () => {
  using lab = apiLab();
  const response = await lab.post("/api/v1/jobs", { ...TRUE, name: "words", seq: 3 });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get("location"), "/api/v1/jobs/job1");
  const job = await response.json();
  assert.equal(job.name, "words");
  assert.equal(job.total, 3);
  assert.equal(job.state, "pending");
  assert.equal(job.created_at, "2023-11-14T22:13:20.000Z");
});

Deno.test("POST /jobs reads a table of parameters from a blob", async () => {
  using lab = apiLab();
  const blob = lab.blobs.add("file\na\nb\n");
  const body = { command: { shell: "wc {file}" }, parameters: { blob, format: "csv" } };
  assert.equal((await (await lab.post("/api/v1/jobs", body)).json()).total, 2);
  const lost = { ...body, parameters: { blob: "0".repeat(64), format: "csv" } };
  assert.match((await errorOf(await lab.post("/api/v1/jobs", lost))).message, /is not stored/);
});

Deno.test("POST /jobs with dry_run shows the first three commands and the hosts, and stores nothing", async () => {
  using lab = apiLab();
  const body = { command: { argv: ["echo", "{index}"] }, seq: 9, dry_run: true };
  const response = await lab.post("/api/v1/jobs", body);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    name: "echo",
    total: 9,
    commands: [1, 2, 3].map((index) => ({ argv: ["echo", String(index)] })),
    hosts: [],
  });
  assert.deepEqual(lab.calls, []);
});

Deno.test("POST /jobs keeps a given name to one unfinished job, a dry run too; others may be shared", async () => {
  await using lab = await queueLab();
  using api = apiLab({ queue: lab.queue, store: lab.store });
  const post = (body: object) => api.post("/api/v1/jobs", { ...TRUE, ...body });
  const first = await (await post({ name: "words" })).json();
  for (const dry_run of [false, true]) {
    const refused = await errorOf(await post({ name: "words", dry_run }));
    assert.deepEqual([refused.status, refused.code], [409, "Conflict"]);
    assert.match(refused.message, new RegExp(`"words": job ${first.id} of that name is still pending$`));
  }
  assert.deepEqual([(await post({})).status, (await post({})).status], [201, 201]);
  await lab.queue.kill(first.id);
  assert.equal((await post({ name: "words" })).status, 201);
});

Deno.test("POST /jobs names what is wrong with a body in one line", async (t) => {
  using lab = apiLab();
  const shapes: [string, unknown, RegExp][] = [
    ["a number too small", { ...TRUE, seq: 0 }, /field "seq": expected number to be >=1$/],
    ["a wrong type", { ...TRUE, env: { A: 1 } }, /field "env\.A": expected string/],
    ["an unknown field", { ...TRUE, retry: 1 }, /unknown field "retry"$/],
    ["nothing to run", {}, /field "command": /],
    ["an empty vector", { command: { argv: [] } }, /field "command\.argv": /],
    ["inside a list", { ...TRUE, after: [{ when: "ok" }] }, /field "after\[0\]\.job": /],
    ["no object", [], /expected object/],
    ["an unknown host", { ...TRUE, on: ["nowhere"] }, /there is no host "nowhere"/],
    ["an unknown column", { command: { argv: ["echo", "{x}"] } }, /x/],
  ];
  for (const [name, body, message] of shapes) {
    await t.step(name, async () => {
      const error = await errorOf(await lab.post("/api/v1/jobs", body));
      assert.deepEqual([error.status, error.code], [400, "InvalidInput"]);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
    });
  }
  assert.deepEqual(lab.calls, []);
});

Deno.test("POST /jobs refuses what is not JSON without repeating it", async () => {
  using lab = apiLab();
  for (const body of ["{", '{"a": hunter2}', "", new Uint8Array([0xff, 0xfe])]) {
    const error = await errorOf(await lab.ask("/api/v1/jobs", { method: "POST", body: body as BodyInit }));
    assert.equal(error.status, 400);
    assert.match(error.message, /it is not JSON/);
    assert.doesNotMatch(error.message, /hunter2/);
  }
});

Deno.test("POST /jobs counts a body of unknown length and stops reading at the limit", async () => {
  using lab = apiLab();
  let sent = 0;
  const chunk = new Uint8Array(1024 * 1024).fill(32);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent++;
      controller.enqueue(chunk);
    },
  });
  const init = { method: "POST", body };
  const response = await lab.app.request("http://x/api/v1/jobs", init, lab.socket);
  assert.deepEqual([response.status, (await errorOf(response)).code], [413, "TooLarge"]);
  assert.ok(sent < 70, `${sent} MiB were read`);
});

Deno.test("POST /jobs answers 507 with the reason while the disk is nearly full", async () => {
  using lab = apiLab();
  lab.state.refusing = "the disk of the controller has 400 MB free";
  const error = await errorOf(await lab.post("/api/v1/jobs", TRUE));
  assert.deepEqual([error.status, error.code], [507, "OutOfSpace"]);
  assert.match(error.message, /400 MB free/);
});

Deno.test("an Idempotency-Key makes one job of many equal requests, also at the same time", async () => {
  using lab = apiLab();
  const headers = { "idempotency-key": "k1" };
  const ask = () => lab.post("/api/v1/jobs", TRUE, headers);
  const answers = [...await Promise.all([ask(), ask(), ask()]), await ask()];
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  assert.deepEqual(answers.map(({ status }) => status), [201, 201, 201, 201]);
  assert.deepEqual(new Set(bodies.map(({ id }) => id)), new Set(["job1"]));
  assert.equal(lab.jobs.length, 1);
  assert.equal(answers[3]!.headers.get("idempotent-replayed"), "true");
});

Deno.test("an Idempotency-Key with another body is a conflict, and is free again after 24 hours", async () => {
  using lab = apiLab();
  const headers = { "idempotency-key": "k1" };
  await lab.post("/api/v1/jobs", TRUE, headers);
  const other = { command: { argv: ["false"] } };
  assert.equal((await errorOf(await lab.post("/api/v1/jobs", other, headers))).status, 409);
  lab.time.now += 24 * 3600 * 1000;
  assert.equal((await lab.post("/api/v1/jobs", other, headers)).status, 201);
  assert.equal(lab.jobs.length, 2);
});

Deno.test("a failed request leaves its Idempotency-Key free, and tokens do not share keys", async () => {
  using lab = apiLab();
  const headers = { "idempotency-key": "k1" };
  assert.equal((await lab.post("/api/v1/jobs", { ...TRUE, on: ["x"] }, headers)).status, 400);
  assert.equal((await lab.post("/api/v1/jobs", TRUE, headers)).status, 201);
  const authorization = `Bearer ${await lab.token("submit")}`;
  assert.equal(
    (await lab.post("/api/v1/jobs", { ...TRUE, seq: 2 }, { ...headers, authorization })).status,
    201,
  );
});

Deno.test("POST /tokens keeps no answer, whatever the Idempotency-Key", async () => {
  using lab = apiLab();
  const headers = { "idempotency-key": "k1" };
  const first = await (await lab.post("/api/v1/tokens", { name: "ci" }, headers)).json();
  const second = await (await lab.post("/api/v1/tokens", { name: "ci" }, headers)).json();
  assert.notEqual(first.token, second.token);
  assert.match(first.token, /^muster_[A-Za-z0-9_-]{43}$/);
  assert.equal(lab.store.read((db) => db.prepare("SELECT * FROM idempotency").all().length), 0);
});

Deno.test("GET /jobs pages, and refuses a parameter it does not know", async () => {
  using lab = apiLab();
  for (let count = 0; count < 3; count++) await lab.post("/api/v1/jobs", TRUE);
  const page = await (await lab.ask("/api/v1/jobs?limit=2")).json();
  assert.deepEqual(page.items.map(({ id }: { id: string }) => id), ["job3", "job2"]);
  assert.notEqual(page.next_cursor, null);
  const error = await errorOf(await lab.ask("/api/v1/jobs?stat=failed"));
  assert.match(error.message, /unknown query parameter "stat"/);
  assert.match((await errorOf(await lab.ask("/api/v1/jobs?limit=0"))).message, /query parameter "limit"/);
});

Deno.test("kill and reset take an empty body, and answer what was done", async () => {
  using lab = apiLab();
  lab.jobs.push(aJob());
  const killed = await lab.ask("/api/v1/jobs/words/kill", { method: "POST" });
  assert.deepEqual(await killed.json(), { killed: 2, stopping: 1, on_return: [{ host: "h1", tasks: 1 }] });
  const reset = await lab.post("/api/v1/jobs/job1/reset", { which: "all", indexes: [2] });
  assert.deepEqual(await reset.json(), { reset: 3 });
  assert.equal((await lab.ask("/api/v1/jobs/last", { method: "DELETE" })).status, 204);
  assert.deepEqual(lab.calls, [
    { name: "kill", args: ["job1", undefined] },
    { name: "reset", args: ["job1", "all", [2]] },
    { name: "remove", args: ["job1"] },
  ]);
});

Deno.test("an unknown route is 404, a known one with another method 405 with what it allows", async () => {
  using lab = apiLab();
  assert.equal((await errorOf(await lab.ask("/api/v1/nothing"))).status, 404);
  const wrong = await lab.ask("/api/v1/jobs/x/kill");
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get("allow"), "POST");
  await wrong.body?.cancel();
});

Deno.test("a fault of ours is 500 with a trace id, and keeps its details to the log", async () => {
  using lab = apiLab({
    refusing: () => {
      throw new Error("secret detail");
    },
  });
  const response = await lab.post("/api/v1/jobs", TRUE);
  const error = await errorOf(response);
  assert.deepEqual([error.status, error.code], [500, "Internal"]);
  assert.doesNotMatch(JSON.stringify(error), /secret detail/);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
});

Deno.test("GET /jobs/{job}/watch sends the job now, joins quick changes, and ends with the final one", async () => {
  using lab = apiLab();
  const job = aJob({ spec: { total: 100 }, counts: someCounts({ pending: 100 }) });
  lab.jobs.push(job);
  const response = await lab.ask("/api/v1/jobs/words/watch");
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const events = eventsOf(response);
  const counts = (event: IteratorResult<{ data: unknown }>) =>
    (event.value.data as { counts: unknown }).counts;
  assert.deepEqual(counts(await events.next()), job.counts);
  const begun = performance.now();
  for (let done = 1; done < 100; done++) {
    lab.change({ ...job, counts: someCounts({ pending: 100 - done, complete: done }) });
  }
  assert.deepEqual(counts(await events.next()), someCounts({ pending: 1, complete: 99 }));
  lab.change({ ...job, counts: someCounts({ complete: 100 }), endedAt: 9 });
  assert.deepEqual(counts(await events.next()), someCounts({ complete: 100 }));
  assert.ok(performance.now() - begun >= 190, "two changes are at least 100 ms apart");
  assert.equal((await events.next()).done, true);
  await waitUntil(() => lab.watchers() === 0);
});

Deno.test("a watch ends at once when the controller stops or the client leaves", async () => {
  const lab = apiLab();
  lab.jobs.push(aJob());
  const left = eventsOf(await lab.ask("/api/v1/jobs/words/watch"));
  const kept = eventsOf(await lab.ask("/api/v1/jobs/words/watch"));
  await left.next();
  await kept.next();
  await waitUntil(() => lab.watchers() === 2);
  await left.return(undefined);
  await waitUntil(() => lab.watchers() === 1);
  lab.stopping.abort();
  assert.equal((await kept.next()).done, true);
  await waitUntil(() => lab.watchers() === 0);
  lab[Symbol.dispose]();
});

const anEvent = (seq: number, jobId: string | null = null) => ({
  seq,
  at: 1_000 * seq,
  kind: "task.running",
  jobId,
  index: 1,
  hostId: null,
  data: {},
});

Deno.test("GET /events goes on after `since`, then live, with numbers as ids", async () => {
  using lab = apiLab();
  for (const seq of [1, 2, 3]) lab.record(anEvent(seq));
  const events = eventsOf(await lab.ask("/api/v1/events?since=1"));
  assert.deepEqual([(await events.next()).value?.id, (await events.next()).value?.id], ["2", "3"]);
  lab.record(anEvent(4));
  assert.equal((await events.next()).value?.id, "4");
  await events.return(undefined);
});

Deno.test("GET /events prefers Last-Event-ID, and sends one job's events where asked", async () => {
  using lab = apiLab();
  lab.jobs.push(aJob());
  for (const seq of [1, 2, 3, 4]) lab.record(anEvent(seq, seq === 3 ? null : "job1"));
  const headers = { "last-event-id": "1" };
  const events = eventsOf(await lab.ask("/api/v1/events?since=0&job=words", { headers }));
  assert.deepEqual([(await events.next()).value?.id, (await events.next()).value?.id], ["2", "4"]);
  await events.return(undefined);
});

Deno.test("GET /events answers 410 for a cursor older than what is kept", async () => {
  using lab = apiLab();
  lab.state.oldest = 10;
  assert.equal((await errorOf(await lab.ask("/api/v1/events?since=8"))).status, 410);
  const kept = await lab.ask("/api/v1/events?since=9");
  assert.equal(kept.status, 200);
  await kept.body?.cancel();
});
