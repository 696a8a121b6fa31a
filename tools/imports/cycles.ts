import type { Edge } from "./graph.ts";

/**
 * One shortest circle for every set of files that import one another, as the edges along it. Each file is in
 * at most one answer, so a tangle is reported once and again after its first circle is cut.
 */
export function cycles(edges: readonly Edge[]): readonly (readonly Edge[])[] {
  const byFile = Map.groupBy(edges, ({ from }) => from);
  const found: (readonly Edge[])[] = [];
  const done = new Set<string>();
  for (const file of [...byFile.keys()].sort()) {
    if (done.has(file)) continue;
    const cycle = shortestCycle(file, byFile);
    if (!cycle) continue;
    found.push(cycle);
    reachable(file, byFile).forEach((other) => {
      if (reachable(other, byFile).has(file)) done.add(other);
    });
  }
  return found;
}

type Edges = ReadonlyMap<string, readonly Edge[]>;

/** The way from `start` back to itself, or undefined. Breadth first, so the shortest. */
function shortestCycle(start: string, byFile: Edges): readonly Edge[] | undefined {
  const into = new Map<string, Edge>();
  const queue = [start];
  for (const file of queue) {
    for (const edge of byFile.get(file) ?? []) {
      if (into.has(edge.file!)) continue;
      into.set(edge.file!, edge);
      if (edge.file === start) return wayBack(start, into);
      queue.push(edge.file!);
    }
  }
  return undefined;
}

function wayBack(start: string, into: ReadonlyMap<string, Edge>): readonly Edge[] {
  const way = [into.get(start)!];
  while (way[0]!.from !== start) way.unshift(into.get(way[0]!.from)!);
  return way;
}

function reachable(start: string, byFile: Edges): ReadonlySet<string> {
  const seen = new Set([start]);
  for (const file of seen) byFile.get(file)?.forEach((edge) => seen.add(edge.file!));
  return seen;
}
