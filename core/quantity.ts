import { MusterError } from "./errors.ts";

const SECONDS = { d: 86_400, h: 3600, m: 60, s: 1 } as const;

/**
 * Seconds of `90` (seconds), `90s`, `5m`, `1.5h`, `1h30m`, `2d`; larger units come first, each once. Throws
 * `InvalidInput` for anything else.
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return safe(Number(trimmed), "duration", text);
  const part = (unit: keyof typeof SECONDS) => String.raw`(?:(\d+(?:\.\d+)?)\s*${unit}\s*)?`;
  const found = new RegExp(`^${part("d")}${part("h")}${part("m")}${part("s")}$`).exec(trimmed);
  if (found === null || trimmed === "") {
    throw unreadable("duration", text, "a number of seconds, or one like 90s, 5m, 1h30m or 2d");
  }
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = found;
  const total = Number(days) * SECONDS.d + Number(hours) * SECONDS.h + Number(minutes) * SECONDS.m +
    Number(seconds);
  return safe(total, "duration", text);
}

/** `850 ms`, `12 s`, `5m 12s`, `1h 30m`, `2d 3h`: the two largest units, rounded. */
export function formatDuration(seconds: number): string {
  if (seconds > 0 && seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  const whole = Math.round(seconds);
  if (whole < SECONDS.m) return seconds < 9.95 ? `${trimZeros(seconds.toFixed(1))} s` : `${whole} s`;
  if (whole < SECONDS.h) return pair(whole, "m", "s");
  // Round to what is shown, so that 59m 59.9s never reads 0h 60m.
  const minutes = Math.round(whole / SECONDS.m) * SECONDS.m;
  if (minutes < SECONDS.d) return pair(minutes, "h", "m");
  return pair(Math.round(whole / SECONDS.h) * SECONDS.h, "d", "h");
}

/** `K M G T` and `KiB MiB GiB TiB` count by 1024, as memory does; `KB MB GB TB` by 1000, as disks do. */
const BYTES: Readonly<Record<string, number>> = Object.fromEntries(
  ["k", "m", "g", "t"].flatMap((letter, at) => [
    [letter, 1024 ** (at + 1)],
    [`${letter}i`, 1024 ** (at + 1)],
    [`${letter}ib`, 1024 ** (at + 1)],
    [`${letter}b`, 1000 ** (at + 1)],
  ]).concat([["", 1], ["b", 1]]),
);

/**
 * Bytes of `1048576`, `512M`, `2G`, `2GiB` (all by 1024) or `1.5GB` (by 1000), rounded down. Case does not matter.
 * Throws `InvalidInput` for anything else.
 */
export function parseBytes(text: string): number {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = BYTES[unit.toLowerCase()];
  if (number === "" || factor === undefined || (factor === 1 && number.includes("."))) {
    throw unreadable("size", text, "a number of bytes, or one like 512M, 2G (by 1024) or 1.5GB (by 1000)");
  }
  return safe(Math.floor(Number(number) * factor), "size", text);
}

/** `0 B`, `512 B`, `1.5 KiB`, `2 GiB`: by 1024, three digits or fewer. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let at = 0;
  // 1023.5 would be shown as 1024.
  while (value >= 1023.5 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${value < 9.95 ? trimZeros(value.toFixed(1)) : Math.round(value)} ${units[at]}`;
}

/** What a count is of, and its bounds, both inclusive. */
export interface CountOptions {
  /** As the person wrote it: `--seq`. */
  readonly what: string;
  readonly min: number;
  readonly max: number;
}

/** A whole number within its bounds; throws `InvalidInput` for anything else. */
export function parseCount(text: string, { what, min, max }: CountOptions): number {
  const count = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : NaN;
  if (Number.isNaN(count) || count < min || count > max) {
    const wanted = `a whole number from ${grouped(min)} to ${grouped(max)}`;
    throw new MusterError("InvalidInput", `Cannot read ${what} ${JSON.stringify(text)}: wanted ${wanted}`);
  }
  return count;
}

/** `1,000,000` */
function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

function pair(seconds: number, unit: keyof typeof SECONDS, next: keyof typeof SECONDS): string {
  const large = Math.floor(seconds / SECONDS[unit]);
  const small = Math.floor((seconds % SECONDS[unit]) / SECONDS[next]);
  return small === 0 ? `${large}${unit}` : `${large}${unit} ${small}${next}`;
}

function trimZeros(text: string): string {
  return text.replace(/\.0$/, "");
}

function safe(value: number, what: string, text: string): number {
  if (Number.isFinite(value) && value <= Number.MAX_SAFE_INTEGER) return value;
  throw unreadable(what, text, "a smaller one");
}

function unreadable(what: string, text: string, wanted: string): MusterError {
  return new MusterError("InvalidInput", `Cannot read ${what} ${JSON.stringify(text)}: wanted ${wanted}`);
}
