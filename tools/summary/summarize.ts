import { type Counts, readJunit } from "./junit.ts";

/** What test.sh left about one of its parts. */
export interface Part {
  readonly name: string;
  /** Exit code of the command, or null for a part that was skipped. */
  readonly code: number | null;
  /** The JUnit report, where the part ran tests and got as far as writing one. */
  readonly junit?: string;
  /** Why the part was skipped. */
  readonly reason?: string;
}

/** The end of a test run: lines about what failed or was skipped, the counts, and the exit code. */
export interface Summary {
  readonly lines: readonly string[];
  readonly counts: Counts;
  readonly exitCode: number;
}

/**
 * Adds up all parts. A part that failed without a failed test (a check, a build, a file that does not load)
 * counts as one failure; a run without any passed test has failed.
 */
export function summarize(parts: readonly Part[]): Summary {
  const told = parts.map(tellPart);
  const sum = (key: keyof Counts) => told.reduce((total, { counts }) => total + counts[key], 0);
  const counts = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
  const lines = told.flatMap((part) => part.lines);
  if (counts.passed === 0) lines.push("failed: no test passed");
  return { lines, counts, exitCode: counts.failed > 0 || counts.passed === 0 ? 1 : 0 };
}

/** The last line of a test run. */
export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function tellPart({ name, code, junit, reason }: Part): { lines: string[]; counts: Counts } {
  if (code === null) {
    return { lines: [`skipped: ${name}: ${reason ?? ""}`], counts: { passed: 0, failed: 0, skipped: 1 } };
  }
  const { counts, skipped } = junit ? readJunit(junit) : { counts: NONE, skipped: [] };
  const failed = code !== 0 && counts.failed === 0 ? 1 : counts.failed;
  const lines = skipped.map((title) => `skipped: ${name}: ${title}`);
  if (failed > 0) lines.push(`failed: ${name}`);
  return { lines, counts: { ...counts, failed } };
}

const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };
