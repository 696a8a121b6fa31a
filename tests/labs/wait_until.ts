/** Polls until the condition holds; fails with the last value seen. For what has no event to wait for. */
export async function waitUntil<T>(
  look: () => T | Promise<T>,
  holds: (value: T) => boolean = Boolean,
  { timeoutMs = 10_000, everyMs = 10 } = {},
): Promise<T> {
  const until = performance.now() + timeoutMs;
  while (true) {
    const value = await look();
    if (holds(value)) return value;
    if (performance.now() > until) {
      throw new Error(`Waited ${timeoutMs} ms in vain; last seen: ${Deno.inspect(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
