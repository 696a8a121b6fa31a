import picomatch from "picomatch";
import { MusterError } from "./errors.ts";

/**
 * Whether a path, relative with `/`, matches one of the patterns: `*` and `?` inside a name, `**` across folders,
 * `[ab]`, `{a,b}`; a pattern that ends with `/` means everything below. Names that begin with a dot match too.
 * Throws `InvalidInput` for a pattern that is empty, absolute or climbs with `..`.
 */
export function compileGlobs(patterns: readonly string[]): (path: string) => boolean {
  const isMatch = picomatch(patterns.map(cleanGlob), { dot: true, nonegate: true, noextglob: true });
  return (path) => isMatch(path);
}

/** The pattern in the form that paths have. Throws `InvalidInput`. */
export function cleanGlob(pattern: string): string {
  const refuse = (why: string) =>
    new MusterError("InvalidInput", `Cannot match files by ${JSON.stringify(pattern)}: ${why}`);
  if (pattern.trim() === "") throw refuse("the pattern is empty");
  if (pattern.length > 4096) throw refuse("the pattern is longer than 4096 characters");
  if (isSlow(pattern)) {
    throw refuse(
      `wanted ${MAX_STARS} * or fewer in a name, ${MAX_DEEP} ** and ${MAX_GROUPS} {a,b} or fewer`,
    );
  }
  if (pattern.startsWith("/")) throw refuse("wanted a path relative to the task's directory");
  if (/(^|[/{,])\.\.([/},]|$)/.test(pattern)) {
    throw refuse("it may not climb out of the task's directory with ..");
  }
  const inside = pattern.replace(/^(\.\/+)+/, "");
  if (inside === "" || inside === ".") return "**";
  return inside.replace(/\/+$/, "/**");
}

/**
 * Each further `*` in a name costs as much again as the name is long, each `**` as the path is deep, and each `{a,b}`
 * doubles the ways to try, for names that somebody made to be slow. Extended patterns (`+(a|b)`) have no such bounds
 * and are off.
 */
const MAX_STARS = 3;
const MAX_DEEP = 2;
const MAX_GROUPS = 4;

function isSlow(pattern: string): boolean {
  const names = pattern.split("/");
  const stars = (name: string) => name.match(/\*/g)?.length ?? 0;
  return names.some((name) => name !== "**" && stars(name) > MAX_STARS) ||
    names.filter((name) => name === "**").length > MAX_DEEP ||
    pattern.split("{").length - 1 > MAX_GROUPS;
}
