import { formatDuration } from "../../core/quantity.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago an RFC 3339 time was, with one unit: `just now`, `12s ago`, `3m ago`; `-` for null. */
export function ago(time: string | null, nowMs: number): string {
  if (time === null) return "-";
  const seconds = (nowMs - Date.parse(time)) / 1000;
  return seconds < 1 ? "just now" : `${oneUnit(seconds)} ago`;
}

/** Between two RFC 3339 times, or until now where the second is null; `-` where the first is null. */
export function elapsed(from: string | null, to: string | null, nowMs: number): string {
  if (from === null) return "-";
  const end = to === null ? nowMs : Date.parse(to);
  return formatDuration((end - Date.parse(from)) / 1000);
}

function oneUnit(seconds: number): string {
  if (seconds < MINUTE) return `${Math.floor(seconds)}s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)}h`;
  return `${Math.floor(seconds / DAY)}d`;
}
