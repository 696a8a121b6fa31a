import assert from "node:assert/strict";
import { createPlainLines, liveText } from "../../../../cli/output/live_line.ts";
import { barText, progressWords, rateOf, withSample } from "../../../../cli/output/progress.ts";
import { ago, elapsed } from "../../../../cli/output/time_words.ts";
import { aCompleteJob, aJobBody } from "../../../builders/api_bodies.ts";
import { FakeClock } from "../../../fakes/fake_clock.ts";

const NONE = { pending: 0, claimed: 0, running: 0, complete: 0, failed: 0, killed: 0 };

Deno.test("progressWords() tells what is done, how fast, how long still, and what went wrong", async (t) => {
  const cases: [string, Parameters<typeof progressWords>][] = [
    ["12/17 done · 2.5/s · 2 s left · 2 running · 1 failed", [aJobBody(), 2.5]],
    ["12/17 done · 2 running · 1 failed", [aJobBody(), null]],
    ["17/17 done · 1,234/s", [aCompleteJob(), 1234.4]],
    ["0/17 done · waits for job prep", [
      aJobBody({ counts: { ...NONE, pending: 17 }, waiting_for: "waits for job prep" }),
      null,
    ]],
    ["3/100,000 done · 0.1/s · 11d 14h left · 3 killed", [
      aJobBody({ total: 100_000, counts: { ...NONE, pending: 99_997, killed: 3 } }),
      0.1,
    ]],
  ];
  for (const [expected, args] of cases) {
    await t.step(expected, () => assert.equal(progressWords(...args), expected));
  }
});

Deno.test("liveText() is one line whatever the job's name holds", () => {
  const text = liveText(aJobBody({ name: "a\nb\x1b[2J" }), null);
  assert.equal(text, "a b  █████████████████░░░░░░░  12/17 done · 2 running · 1 failed");
});

Deno.test("barText() is as wide as asked at every fraction", () => {
  for (
    const [fraction, expected] of [[0, "░░░░"], [0.5, "██░░"], [1, "████"], [7, "████"], [
      -1,
      "░░░░",
    ]] as const
  ) {
    assert.equal(barText(fraction, 4), expected);
  }
});

Deno.test("rateOf() is that of the last ten seconds", () => {
  let samples = withSample([], { atMs: 0, done: 0 });
  assert.equal(rateOf(samples), null);
  samples = withSample(samples, { atMs: 5_000, done: 50 });
  assert.equal(rateOf(samples), 10);
  samples = withSample(samples, { atMs: 15_000, done: 70 });
  assert.equal(rateOf(samples), 2);
  assert.equal(rateOf(withSample(samples, { atMs: 40_000, done: 70 })), null);
});

Deno.test("createPlainLines() writes a line on change, at most every ten seconds", () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const view = createPlainLines((line) => lines.push(line), () => clock.monotonicMs());
  const show = (complete: number) => view.show(aJobBody({ counts: { ...NONE, complete } }), null);
  show(1);
  clock.advance(9_999);
  show(2);
  assert.deepEqual(lines, []);
  clock.advance(1);
  show(3);
  clock.advance(20_000);
  show(3);
  show(4);
  assert.deepEqual(lines, ["words  3/17 done\n", "words  4/17 done\n"]);
});

Deno.test("ago() and elapsed() use short words", () => {
  const now = Date.parse("2026-01-10T12:00:00Z");
  const cases: [string | null, string][] = [
    [null, "-"],
    ["2026-01-10T11:59:59.500Z", "just now"],
    ["2026-01-10T12:00:05Z", "just now"],
    ["2026-01-10T11:59:48Z", "12s ago"],
    ["2026-01-10T11:57:00Z", "3m ago"],
    ["2026-01-10T09:00:00Z", "3h ago"],
    ["2026-01-01T12:00:00Z", "9d ago"],
  ];
  for (const [time, expected] of cases) assert.equal(ago(time, now), expected);
  assert.equal(elapsed(null, null, now), "-");
  assert.equal(elapsed("2026-01-10T11:58:00Z", null, now), "2m");
  assert.equal(elapsed("2026-01-10T11:58:00Z", "2026-01-10T11:58:02Z", now), "2 s");
});
