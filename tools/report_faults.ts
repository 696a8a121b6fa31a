import type { Fault } from "./imports/check.ts";

/** Prints a line for each fault, `file:line: what`, on stderr. Answers the exit code. */
export async function reportFaults(faults: readonly Fault[]): Promise<number> {
  const lines = faults.map(({ file, line, text }) => `${file}:${line}: ${text}\n`);
  await Deno.stderr.write(new TextEncoder().encode(lines.join("")));
  return faults.length > 0 ? 1 : 0;
}
