import assert from "node:assert/strict";
import fc from "fast-check";
import { MusterError } from "../../../core/errors.ts";
import {
  formatBytes,
  formatDuration,
  parseBytes,
  parseCount,
  parseDuration,
} from "../../../core/quantity.ts";

const DURATIONS: readonly [string, number][] = [
  ["90", 90],
  ["0", 0],
  ["1.5", 1.5],
  ["90s", 90],
  ["5m", 300],
  ["1h30m", 5400],
  [" 1h 30m ", 5400],
  ["2d", 172_800],
  ["1.5h", 5400],
  ["1d2h3m4s", 93_784],
  ["12 s", 12],
];

for (const [text, want] of DURATIONS) {
  Deno.test(`parseDuration() reads ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), want));
}

for (
  const text of [
    "",
    " ",
    "-1",
    "+5",
    "5x",
    "m",
    "1m1h",
    "1h1h",
    "1e3",
    "5 minutes",
    "1,5h",
    "9".repeat(20),
    "∞",
  ]
) {
  Deno.test(`parseDuration() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseDuration(text),
      (error) => isInvalid(error, `Cannot read duration ${JSON.stringify(text)}: wanted`),
    );
  });
}

const SHOWN_DURATIONS: readonly [number, string][] = [
  [0, "0 s"],
  [0.85, "850 ms"],
  [0.9996, "1 s"],
  [1.5, "1.5 s"],
  [9.96, "10 s"],
  [12.3, "12 s"],
  [59.7, "1m"],
  [312, "5m 12s"],
  [3599.6, "1h"],
  [5400, "1h 30m"],
  [86_399, "1d"],
  [183_600, "2d 3h"],
];

for (const [seconds, want] of SHOWN_DURATIONS) {
  Deno.test(`formatDuration() of ${seconds} is ${want}`, () => assert.equal(formatDuration(seconds), want));
}

Deno.test("parseDuration() reads what formatDuration() writes, near enough", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 10_000_000 }), (seconds) => {
    const back = parseDuration(formatDuration(seconds));
    assert.ok(Math.abs(back - seconds) <= seconds * 0.03, `${seconds}: ${formatDuration(seconds)}`);
  }));
});

const SIZES: readonly [string, number][] = [
  ["1048576", 1_048_576],
  ["10b", 10],
  ["1K", 1024],
  ["512M", 536_870_912],
  ["512m", 536_870_912],
  ["2G", 2_147_483_648],
  ["2GiB", 2_147_483_648],
  ["2Gi", 2_147_483_648],
  ["2 GB", 2_000_000_000],
  ["1.5GB", 1_500_000_000],
  ["1T", 1_099_511_627_776],
];

for (const [text, want] of SIZES) {
  Deno.test(`parseBytes() reads ${JSON.stringify(text)}`, () => assert.equal(parseBytes(text), want));
}

for (const text of ["", "G", "-1G", "1.5", "1.5b", "1X", "1GG", "1G2M", "1e9", "constructor", "99999999T"]) {
  Deno.test(`parseBytes() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseBytes(text),
      (error) => isInvalid(error, `Cannot read size ${JSON.stringify(text)}: wanted`),
    );
  });
}

const SHOWN_SIZES: readonly [number, string][] = [
  [0, "0 B"],
  [512, "512 B"],
  [1023, "1023 B"],
  [1024, "1 KiB"],
  [1536, "1.5 KiB"],
  [1_048_575, "1 MiB"],
  [10_700_000, "10 MiB"],
  [2_147_483_648, "2 GiB"],
];

for (const [bytes, want] of SHOWN_SIZES) {
  Deno.test(`formatBytes() of ${bytes} is ${want}`, () => assert.equal(formatBytes(bytes), want));
}

Deno.test("parseCount() takes whole numbers within the bounds", () => {
  const options = { what: "--seq", min: 1, max: 1_000_000 };
  assert.equal(parseCount("1", options), 1);
  assert.equal(parseCount("1000000", options), 1_000_000);
  for (const text of ["0", "-1", "1000001", "1.5", "1e3", "ten", "", " ", "0x10", "NaN", "Infinity"]) {
    const want = `Cannot read --seq ${JSON.stringify(text)}: wanted a whole number from 1 to 1,000,000`;
    assert.throws(() => parseCount(text, options), (error) => isInvalid(error, want));
  }
});

function isInvalid(error: unknown, begin: string): boolean {
  assert.ok(error instanceof MusterError);
  assert.equal(error.code, "InvalidInput");
  assert.ok(error.message.startsWith(begin), error.message);
  return true;
}
