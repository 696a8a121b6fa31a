/** The value below which `share` of the values lie (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** `median (least to most) unit`. */
export function spread(values: readonly number[], unit: string, digits = 2): string {
  const show = (value: number) => value.toFixed(digits);
  return `${show(median(values))} (${show(Math.min(...values))} to ${show(Math.max(...values))}) ${unit}`;
}

/** One line of a bench: what, figure, and the target beside it. */
export function report(what: string, figure: string, target = ""): void {
  Deno.stdout.writeSync(
    new TextEncoder().encode(`${what.padEnd(52)} ${figure}${target && `   [target: ${target}]`}\n`),
  );
}
