import ts from "typescript";
import type { Fault } from "../imports/check.ts";

/** Globals that only some folders may use; the others ask for what they need as an argument or port. */
interface GlobalRule {
  readonly names: readonly string[];
  readonly isAllowed: (path: string) => boolean;
  readonly advice: string;
}

const SHIPS_NOT = /^(tests|bench|tools)\//;

/** A lane is a process as `system` knows none: fed line by line, in a session of its own, and it outlives us. */
const KEEPER = "agent/keeper/lane.ts";

const RULES: readonly GlobalRule[] = [
  {
    names: [
      "Deno",
      "fetch",
      "setTimeout",
      "setInterval",
      "Date.now",
      "performance.now",
      "Math.random",
      "localStorage",
    ],
    isAllowed: (path) => !path.startsWith("core/"),
    advice: '"core" is pure; take the value or a port as an argument',
  },
  {
    names: ["Deno.Command"],
    isAllowed: (path) => SHIPS_NOT.test(path) || path.startsWith("system/") || path === KEEPER,
    advice: '"system" starts processes; use what it offers',
  },
];

/** Every use of a global in a file that may not use it. */
export function globalFaults(path: string, text: string): readonly Fault[] {
  const rules = RULES.filter(({ isAllowed }) => !isAllowed(path));
  if (rules.length === 0 || !/\.tsx?$/.test(path)) return [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const faults: Fault[] = [];
  const visit = (node: ts.Node): void => {
    const used = namesOf(node);
    const name = rules.flatMap(({ names }) => names).find((name) => used.includes(name));
    const rule = rules.find(({ names }) => name !== undefined && names.includes(name));
    if (rule) {
      const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
      faults.push({ file: path, line, text: `uses ${name}: ${rule.advice}` });
    } else ts.forEachChild(node, visit);
  };
  visit(source);
  return faults;
}

/** `fetch` where it is called; `Deno.Command` and `Deno` where a member is taken. */
function namesOf(node: ts.Node): readonly string[] {
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) return [node.expression.text];
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return [];
  const object = node.expression.text;
  return [`${object}.${node.name.text}`, ...(object === "Deno" ? [object] : [])];
}
