/** Waits until `condition` holds, looking every few ms; fails after `timeoutMs` with what it last said. */
export async function waitUntil(
  condition: () => unknown,
  { timeoutMs = 10_000, what = condition.toString() }: { timeoutMs?: number; what?: string } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const last = await condition();
    if (last) return;
    if (performance.now() > deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}: last ${JSON.stringify(last)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
