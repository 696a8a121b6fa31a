import { cycles } from "./cycles.ts";
import { type Edge, folderOf, type Graph, isListed, readGraph } from "./graph.ts";
import { ENTRY, FOLDERS, FREE_FOLDERS, HEAVY, OWNERS, SHORT_COMMANDS } from "./rules.ts";

/** One broken rule. */
export interface Fault {
  readonly file: string;
  readonly line: number;
  /** What was found, why it is a fault, and what to do instead. */
  readonly text: string;
}

/** Every broken import rule of a tree, in the order of its files. `files` maps paths to texts. */
export function importFaults(files: ReadonlyMap<string, string>): readonly Fault[] {
  const graph = readGraph(files);
  const faults = [
    ...graph.edges.flatMap(folderFaults),
    ...graph.edges.flatMap(ownerFaults),
    ...computedFaults(graph),
    ...cycleFaults(graph),
    ...heavyFaults(graph),
  ];
  return faults.sort((a, b) => a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line);
}

/** An edge that the table of folders does not have. */
function folderFaults(edge: Edge): readonly Fault[] {
  if (edge.file === undefined) return [];
  const [from, to] = [folderOf(edge.from), folderOf(edge.file)];
  if (from === to) return [];
  const allowed = FOLDERS[from];
  if (!allowed) return [fault(edge, `is in "${from}", which is no folder of the house: move it into one`)];
  if (allowed.includes("*") || allowed.includes(to)) return [];
  const known = allowed.length > 0 ? `may import ${allowed.join(", ")}` : "imports no other folder";
  const advice = "pass the thing in as an argument, or move it to where both may import it";
  return [fault(edge, `imports ${edge.file}: "${from}" ${known}; ${advice}`)];
}

/** A library imported by a file that does not own it. */
function ownerFaults(edge: Edge): readonly Fault[] {
  const { library } = edge;
  if (library === undefined || FREE_FOLDERS.includes(folderOf(edge.from))) return [];
  const owners = ownersOf(library);
  if (owners === undefined) {
    if (!library.startsWith("node:")) {
      return [fault(edge, `imports ${library}, which nobody owns: name its owner in tools/imports/rules.ts`)];
    }
    if (folderOf(edge.from) !== "core") return [];
    return [fault(edge, `imports ${library}: "core" is pure; take the result as an argument`)];
  }
  if (isListed(edge.from, owners)) return [];
  return [fault(edge, `imports ${library}, owned by ${owners.join(", ")}: import what you need from there`)];
}

function ownersOf(library: string): readonly string[] | undefined {
  return Object.entries(OWNERS).find(([name]) => isListed(library, [name]))?.[1];
}

/** An `import()` whose argument is computed: neither these rules nor the bundler can follow it. */
function computedFaults({ unknown }: Graph): readonly Fault[] {
  return unknown
    .filter(({ from }) => !FREE_FOLDERS.includes(folderOf(from)))
    .map((found) =>
      fault(found, "imports a computed path, which is missing from the built program: write it out")
    );
}

/** A circle of files that need one another to load. */
function cycleFaults({ edges }: Graph): readonly Fault[] {
  const values = edges.filter(({ kind, file }) => kind === "value" && file !== undefined);
  return cycles(values).map((cycle) => {
    const way = [...cycle.map(({ from }) => from), cycle[0]!.from].join(" -> ");
    return fault(cycle[0]!, `is in a circle of imports, ${way}: use \`import type\`, or move what both need`);
  });
}

/** A heavy library that a short command would load: reached from main.ts, not through the start of a role. */
function heavyFaults({ edges }: Graph): readonly Fault[] {
  const from = Map.groupBy(edges, (edge) => edge.from);
  const ways = new Map<string, string>([[ENTRY, ENTRY]]);
  const faults: Fault[] = [];
  for (const [file, way] of ways) { // a Map hands out what is added while it is walked
    for (const edge of from.get(file) ?? []) {
      if (edge.library !== undefined && edge.kind === "value" && isListed(edge.library, HEAVY)) {
        faults.push(
          fault(
            edge,
            `loads ${edge.library} with every start (${way}): use \`await import()\` where it is needed`,
          ),
        );
      }
      if (edge.file !== undefined && !ways.has(edge.file) && isLoaded(edge)) {
        ways.set(edge.file, `${way} -> ${edge.file}`);
      }
    }
  }
  return faults;
}

/** Whether a short command loads the target of `edge` once it has loaded its file. */
function isLoaded(edge: Edge): boolean {
  if (edge.kind === "value") return true;
  return edge.kind === "dynamic" && SHORT_COMMANDS.includes(folderOf(edge.file!));
}

function fault({ from, line }: { readonly from: string; readonly line: number }, text: string): Fault {
  return { file: from, line, text };
}
