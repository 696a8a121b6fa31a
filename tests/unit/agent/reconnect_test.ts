import assert from "node:assert/strict";
import { reconnectDelayMs } from "../../../agent/reconnect.ts";

Deno.test("reconnectDelayMs() doubles from 50 ms to 5 s, between half and all of it", () => {
  const cases: [number, number, number][] = [[0, 25, 50], [1, 50, 100], [3, 200, 400], [7, 2500, 5000], [
    1e9,
    2500,
    5000,
  ]];
  for (const [failures, least, most] of cases) {
    assert.equal(reconnectDelayMs(failures, 0), least);
    assert.ok(Math.abs(reconnectDelayMs(failures, 0.999999) - most) < 1);
  }
});
