const FIRST_MS = 50;
const LONGEST_MS = 5_000;

/**
 * How long to wait before the next try to connect: 50 ms, doubling to 5 s, each between half and all of it so that
 * a fleet does not come back as one. `failures` counts tries since the last session; `random` is in [0, 1).
 */
export function reconnectDelayMs(failures: number, random: number): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 20));
  return most * (0.5 + random / 2);
}
