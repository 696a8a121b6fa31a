/** How {@linkcode waitUntil} waits. */
export interface WaitOptions {
  /** Milliseconds until it gives up. @default {10000} */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks. @default {10} */
  readonly intervalMs?: number;
  /** What is waited for, in words for the error. @default {"the condition"} */
  readonly what?: string;
  readonly signal?: AbortSignal;
}

/**
 * Looks at `probe` until it answers something truthy and answers that. An error that `probe` throws counts as
 * "not yet". Past the time limit it throws an error that shows the last value or error seen.
 *
 * @example
 * ```ts
 * const job = await waitUntil(async () => {
 *   const job = await client.job(id);
 *   return job.state === "complete" && job;
 * }, { what: "the job's end" });
 * ```
 */
export async function waitUntil<T>(
  probe: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, false | null | undefined | 0 | "">> {
  const { timeoutMs = 10_000, intervalMs = 10, what = "the condition", signal } = options;
  const deadline = performance.now() + timeoutMs;
  while (true) {
    signal?.throwIfAborted();
    const seen = await look(probe);
    if (seen.value) return seen.value as Exclude<T, false | null | undefined | 0 | "">;
    if (performance.now() >= deadline) {
      throw new Error(`Waited ${timeoutMs} ms for ${what}: ${lastSeen(seen)}`, { cause: seen.error });
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

interface Look<T> {
  readonly value?: T;
  readonly error?: unknown;
}

async function look<T>(probe: () => T | Promise<T>): Promise<Look<T>> {
  try {
    return { value: await probe() };
  } catch (error) {
    return { error };
  }
}

function lastSeen(seen: Look<unknown>): string {
  if (seen.error !== undefined) return `last error was ${Deno.inspect(seen.error)}`;
  return `last value was ${Deno.inspect(seen.value)}`;
}
