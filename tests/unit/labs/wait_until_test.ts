import assert from "node:assert/strict";
import { waitUntil } from "../../labs/wait_until.ts";

Deno.test("waitUntil() answers the first thing that is truthy", async () => {
  const seen = [0, null, "", "there"];
  assert.equal(await waitUntil(() => seen.shift(), { intervalMs: 1 }), "there");
});

Deno.test("waitUntil() takes an error for not yet", async () => {
  let looks = 0;
  const probe = () => {
    if (++looks < 3) throw new Error("too early");
    return looks;
  };
  assert.equal(await waitUntil(probe, { intervalMs: 1 }), 3);
});

Deno.test("waitUntil() shows the last value when the time is up", async () => {
  const options = { timeoutMs: 5, intervalMs: 1, what: "the end" };
  await assert.rejects(waitUntil(() => false, options), {
    message: "Waited 5 ms for the end: last value was false",
  });
});

Deno.test("waitUntil() shows the last error when the time is up", async () => {
  const probe = () => Promise.reject(new Error("refused"));
  await assert.rejects(waitUntil(probe, { timeoutMs: 5, intervalMs: 1 }), /last error was Error: refused/);
});

Deno.test("waitUntil() ends when it is told to", async () => {
  const stop = new AbortController();
  const waiting = waitUntil(() => (stop.abort(new Error("enough")), false), {
    signal: stop.signal,
    intervalMs: 1,
  });
  await assert.rejects(waiting, /enough/);
});
