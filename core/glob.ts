import picomatch from "picomatch";
import { MusterError } from "./errors.ts";

/**
 * Whether a path, relative with `/`, matches one of the patterns: `*` and `?` inside a name, `**` across folders,
 * `[ab]`, `{a,b}`; a pattern that ends with `/` means everything below. Names that begin with a dot match too.
 * Throws `InvalidInput` for a pattern that is empty, absolute or climbs with `..`.
 */
export function compileGlobs(patterns: readonly string[]): (path: string) => boolean {
  // Without extended patterns (`+(a|b)`), nothing a pattern holds can make matching slow.
  const isMatch = picomatch(patterns.map(cleanGlob), { dot: true, nonegate: true, noextglob: true });
  return (path) => isMatch(path);
}

/** The pattern in the form that paths have. Throws `InvalidInput`. */
export function cleanGlob(pattern: string): string {
  const refuse = (why: string) =>
    new MusterError("InvalidInput", `Cannot match files by ${JSON.stringify(pattern)}: ${why}`);
  if (pattern.trim() === "") throw refuse("the pattern is empty");
  if (pattern.length > 4096) throw refuse("the pattern is longer than 4096 characters");
  if (pattern.startsWith("/")) throw refuse("wanted a path relative to the task's directory");
  if (/(^|[/{,])\.\.([/},]|$)/.test(pattern)) {
    throw refuse("it may not climb out of the task's directory with ..");
  }
  const inside = pattern.replace(/^(\.\/+)+/, "");
  if (inside === "" || inside === ".") return "**";
  return inside.replace(/\/+$/, "/**");
}
