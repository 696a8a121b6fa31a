/** Numbers by chance that a seed repeats. */
export interface Random {
  readonly seed: number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
}

/** Mulberry32. The seed is MUSTER_TEST_SEED if that is set, else new each time. */
export function seededRandom(seed = seedOfRun()): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (probability) => next() < probability,
  };
}

function seedOfRun(): number {
  const named = Number(Deno.env.get("MUSTER_TEST_SEED"));
  return Number.isInteger(named) && named > 0 ? named : crypto.getRandomValues(new Uint32Array(1))[0]!;
}
