import type { Context } from "./context.ts";
import { EXIT_CODES, EXIT_DONE } from "./exit_codes.ts";

/** Runs `body` until it is done or the person presses Ctrl-C; resolves with 0 or 130. */
export async function untilInterrupted(
  context: Context,
  body: (signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const signal = context.interruption();
  try {
    await body(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return signal.aborted ? EXIT_CODES.Interrupted : EXIT_DONE;
}
