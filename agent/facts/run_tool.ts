import { runCommand } from "../../system/run_command.ts";

/** A tool's standard output; null if it is not there, fails, or takes longer than `timeoutMs`. */
export async function runTool(
  command: string,
  args: readonly string[],
  timeoutMs = 10_000,
): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const { code, stdout } = await runCommand([command, ...args], { signal });
    return code === 0 ? stdout : null;
  } catch {
    return null;
  }
}
