import { type Import, readImports } from "./read.ts";

/** An import whose target is known: a file of the tree, or an outside library. */
export interface Edge extends Import {
  readonly specifier: string;
  /** Path from the top of the tree, for an import of one of our own files. */
  readonly file?: string;
  /** Name without version and subpath (`hono`, `@grpc/grpc-js`, `node:sqlite`), for any other. */
  readonly library?: string;
}

/** All imports of a tree. */
export interface Graph {
  readonly edges: readonly Edge[];
  /** `import()` of something computed, which cannot be followed. */
  readonly unknown: readonly Import[];
}

/** Reads the imports of all TypeScript files among `files`, a map from path to text. */
export function readGraph(files: ReadonlyMap<string, string>): Graph {
  const imports = [...files]
    .filter(([path]) => /\.tsx?$/.test(path))
    .flatMap(([path, text]) => readImports(path, text));
  return {
    edges: imports.flatMap((found) => found.specifier === undefined ? [] : [resolve(found, found.specifier)]),
    unknown: imports.filter(({ specifier }) => specifier === undefined),
  };
}

/** The first part of a path: the folder, or the name of a file at the top. */
export function folderOf(path: string): string {
  return path.split("/", 1)[0]!;
}

/** Whether `name` is listed, by itself or by a prefix that ends in "/". */
export function isListed(name: string, list: readonly string[]): boolean {
  return list.some((entry) => entry.endsWith("/") ? name.startsWith(entry) : name === entry);
}

function resolve(found: Import, specifier: string): Edge {
  if (!/^\.{0,2}\//.test(specifier)) return { ...found, specifier, library: libraryOf(specifier) };
  const path = new URL(specifier, `file:///tree/${found.from}`).pathname;
  // A path out of the tree keeps its way up, so that it is nobody's folder.
  return { ...found, specifier, file: path.startsWith("/tree/") ? path.slice("/tree/".length) : specifier };
}

/** `npm:@scope/name@1.2.3/sub/path` and `@scope/name/sub/path` are `@scope/name`. */
function libraryOf(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  return specifier.match(/^(?:npm:|jsr:)?\/?(@[^/]+\/[^/@]+|[^/@]+)/)?.[1] ?? specifier;
}
