const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in seconds in few letters: `0.4s`, `12s`, `3m 5s`, `2h 4m`, `5d 3h`. */
export function shortDuration(seconds: number): string {
  if (seconds < 0 || !Number.isFinite(seconds)) return "0s";
  if (seconds < 9.95) return `${Math.round(seconds * 10) / 10}s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole}s`;
  if (whole < HOUR) return pair(Math.floor(whole / MINUTE), "m", whole % MINUTE, "s");
  if (whole < DAY) return pair(Math.floor(whole / HOUR), "h", Math.floor(whole % HOUR / MINUTE), "m");
  return pair(Math.floor(whole / DAY), "d", Math.floor(whole % DAY / HOUR), "h");
}

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
  return shortDuration((end - Date.parse(from)) / 1000);
}

function oneUnit(seconds: number): string {
  if (seconds < MINUTE) return `${Math.floor(seconds)}s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)}h`;
  return `${Math.floor(seconds / DAY)}d`;
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit} ${small}${smallUnit}`;
}
