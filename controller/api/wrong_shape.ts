import type { z } from "../../core/schema.ts";

type Issue = z.core.$ZodIssue;

/** The first problem of a value of the wrong shape, in one line: `field "seq": expected number to be >=1`. */
export function wrongShape(error: z.ZodError, what = "field"): string {
  const issue = error.issues[0];
  return issue === undefined ? "it has the wrong shape" : describe(issue, [], what);
}

function describe(issue: Issue, above: readonly PropertyKey[], what: string): string {
  const path = [...above, ...issue.path];
  const nearest = issue.code === "invalid_union" ? nearestBranch(issue.errors) : undefined;
  if (nearest !== undefined) return describe(nearest, path, what);
  if (issue.code === "unrecognized_keys") return `unknown ${what} "${fieldName([...path, issue.keys[0]!])}"`;
  const problem = issue.message.replace(/^[A-Z][a-z ]+: /, "");
  return path.length === 0 ? problem : `${what} "${fieldName(path)}": ${problem}`;
}

/** Of a union, the branch that the value came nearest to: the one with the fewest problems, none about its keys. */
function nearestBranch(branches: readonly (readonly Issue[])[]): Issue | undefined {
  const cost = (issues: readonly Issue[]) =>
    issues.length + issues.filter((issue) => issue.code === "unrecognized_keys").length;
  return branches.toSorted((a, b) => cost(a) - cost(b))[0]?.[0];
}

/** `after[0].job`. */
function fieldName(path: readonly PropertyKey[]): string {
  return path.map((key, at) => typeof key === "number" ? `[${key}]` : `${at === 0 ? "" : "."}${String(key)}`)
    .join("");
}
