import assert from "node:assert/strict";
import {
  type AwayWork,
  expired,
  firstSight,
  look,
  PAUSE_MS,
  type Sight,
} from "../../../../controller/scheduling/losses.ts";

const work = (hostId: string, requeueAfterSeconds: number | null = 300): AwayWork => ({
  hostId,
  jobId: "job",
  requeueAfterSeconds,
});

/** What is seen after looks at these moments. `held`: hosts that hold tasks. */
function after(
  looks: readonly { readonly at: number; readonly connected: string[] }[],
  held: string[],
): Sight {
  return looks.reduce(
    (sight, { at, connected }) => look(sight, new Set(connected), held, at, true),
    firstSight(0),
  );
}

/** A look each five seconds from `from` until `to`. */
const everyFiveSeconds = (from: number, to: number, connected: string[]) =>
  Array.from(
    { length: Math.floor((to - from) / 5000) + 1 },
    (_, at) => ({ at: from + at * 5000, connected }),
  );

const lostAt = (sight: Sight, nowMs: number, ...all: AwayWork[]) =>
  expired(sight, all, nowMs).lost.map(({ hostId }) => hostId);

Deno.test("expired() gives up a host after requeue_after of its jobs", () => {
  const sight = after(everyFiveSeconds(0, 20_000, ["b", "c", "d"]), ["a"]);
  assert.deepEqual(lostAt(sight, 299_999, work("a")), []);
  assert.deepEqual(lostAt(sight, 300_000, work("a")), ["a"]);
  assert.deepEqual(lostAt(sight, 10_000, work("a", 10)), ["a"]);
});

Deno.test("expired() waits for ever where the job says so", () => {
  const sight = after([{ at: 0, connected: ["b"] }], ["a"]);
  assert.deepEqual(expired(sight, [work("a", null)], 1e12), { lost: [], nextMs: null });
});

Deno.test("expired() says when to look again, often enough to notice a stall", () => {
  const sight = after([{ at: 0, connected: ["b"] }], ["a"]);
  assert.equal(expired(sight, [work("a")], 0).nextMs, 5000);
  assert.equal(expired(sight, [work("a")], 299_000).nextMs, 1000);
});

Deno.test("look() counts from the moment a session ended, and not before a controller's own start", () => {
  const sight = after([{ at: 0, connected: ["a", "b", "c"] }, { at: 7000, connected: ["b", "c"] }], ["a"]);
  assert.deepEqual(lostAt(sight, 306_999, work("a")), []);
  assert.deepEqual(lostAt(sight, 307_000, work("a")), ["a"]);
});

Deno.test("look() forgets the time away of a host that came back", () => {
  const looks = [{ at: 0, connected: ["b"] }, { at: 4000, connected: ["a", "b"] }, {
    at: 8000,
    connected: ["b"],
  }];
  assert.deepEqual(lostAt(after(looks, ["a"]), 300_000, work("a")), []);
});

Deno.test("look() pauses when more than half of the sessions end together", () => {
  const looks = [{ at: 0, connected: ["a", "b", "c"] }, { at: 1000, connected: ["b", "c"] }];
  const together = [...looks, { at: 3000, connected: ["c"] }];
  assert.deepEqual(lostAt(after(looks, ["a", "b"]), 12_000, work("a", 10)), ["a"]);
  const sight = after(together, ["a", "b"]);
  assert.deepEqual(lostAt(sight, 3000 + PAUSE_MS - 1, work("a", 10), work("b", 10)), []);
  assert.deepEqual(lostAt(sight, 3000 + PAUSE_MS, work("a", 10), work("b", 10)), ["a", "b"]);
});

Deno.test("look() grants the time afresh when the controller stood still", () => {
  const away = { connected: ["b"] };
  const steady = after(everyFiveSeconds(0, 200_000, ["b"]), ["a"]);
  assert.deepEqual(lostAt(steady, 300_000, work("a")), ["a"]);
  const stalled = after([{ at: 0, ...away }, { at: 299_000, ...away }], ["a"]);
  assert.deepEqual(lostAt(stalled, 300_000, work("a")), []);
  assert.deepEqual(lostAt(stalled, 599_000, work("a")), ["a"]);
});
