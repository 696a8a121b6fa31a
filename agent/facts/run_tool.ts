/** A tool's standard output; null if it is not there, fails, or takes longer than `timeoutMs`. */
export async function runTool(
  command: string,
  args: readonly string[],
  timeoutMs = 10_000,
): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(timeoutMs),
    }).output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch {
    return null;
  }
}
