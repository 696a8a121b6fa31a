import ts from "typescript";

/**
 * How a file imports: `value` is loaded with it, `type` vanishes when it runs, `dynamic` is `await import()`.
 */
export type ImportKind = "value" | "type" | "dynamic";

/** One import as it stands in a file. */
export interface Import {
  /** Path of the importing file from the top of the tree. */
  readonly from: string;
  /** Counts from 1. */
  readonly line: number;
  readonly kind: ImportKind;
  /** The words in quotes, or undefined for an `import()` whose argument is computed. */
  readonly specifier: string | undefined;
}

/** All imports and re-exports of one TypeScript file, in the order of the text. */
export function readImports(from: string, text: string): readonly Import[] {
  const source = ts.createSourceFile(from, text, ts.ScriptTarget.Latest, false);
  const imports: Import[] = [];
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found) imports.push({ from, line: lineOf(source, node), ...found });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

type Found = Pick<Import, "kind" | "specifier">;

function importOf(node: ts.Node): Found | undefined {
  if (ts.isImportDeclaration(node)) {
    return { kind: isTypeImport(node) ? "type" : "value", specifier: textOf(node.moduleSpecifier) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    return { kind: isTypeExport(node) ? "type" : "value", specifier: textOf(node.moduleSpecifier) };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { kind: "type", specifier: textOf(node.argument.literal) };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { kind: "dynamic", specifier: textOf(node.arguments[0]) };
  }
  return undefined;
}

/** `import type …`, or braces in which every name is a type. */
function isTypeImport({ importClause }: ts.ImportDeclaration): boolean {
  if (!importClause) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const names = importClause.namedBindings;
  if (importClause.name || !names || !ts.isNamedImports(names)) return false;
  return names.elements.length > 0 && names.elements.every((name) => name.isTypeOnly);
}

function isTypeExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true;
  if (!exportClause || !ts.isNamedExports(exportClause)) return false;
  return exportClause.elements.length > 0 && exportClause.elements.every((name) => name.isTypeOnly);
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
}
