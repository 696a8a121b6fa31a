import { parseRecords } from "./csv.ts";
import { MusterError } from "./errors.ts";
import { INDEX } from "./template.ts";

export type ParameterFormat = "csv" | "tsv" | "jsonl";

/** A table of parameters: a task a row, its values in the order of the columns. */
export interface ParameterTable {
  readonly columns: string[];
  readonly rows: string[][];
}

/** Most tasks a job may have. */
export const MAX_ROWS = 1_000_000;

/**
 * The table of a parameter file. A byte order mark, CRLF and blank lines are passed over; white space around the
 * names of a CSV or TSV header too. Throws `InvalidInput`, in one line that names `source` and, where there is one,
 * the line.
 *
 * @example
 * parseParameters(bytes, "csv", "grid.csv") // { columns: ["lr"], rows: [["0.1"], ["0.2"]] }
 */
export function parseParameters(bytes: Uint8Array, format: ParameterFormat, source: string): ParameterTable {
  const text = decode(bytes, source);
  if (text.trim() === "") throw unreadable(source, "it is empty");
  const table = format === "jsonl" ? parseObjects(text, source) : parseTable(text, format, source);
  if (table.rows.length === 0) throw unreadable(source, "it has a header and no rows");
  if (table.rows.length > MAX_ROWS) throw unreadable(source, "it has more than 1,000,000 rows");
  const row = table.rows.findIndex((values) => values.some((value) => value.includes("\0")));
  if (row >= 0) throw unreadable(source, `row ${row + 1} holds a NUL, which no command can be given`);
  return table;
}

/** Throws `InvalidInput` unless the names can stand in templates, each for one column. */
export function checkColumns(columns: readonly string[], source: string): void {
  const seen = new Set<string>();
  columns.forEach((name, at) => {
    if (name === "") throw unreadable(source, `column ${at + 1} has no name`);
    if (/[{}:]/.test(name)) throw unreadable(source, `column ${JSON.stringify(name)} holds a brace or colon`);
    if (name === INDEX) {
      throw unreadable(source, 'a column may not be named "index", which is the number of the task');
    }
    if (seen.has(name)) throw unreadable(source, `column ${JSON.stringify(name)} is there twice`);
    seen.add(name);
  });
}

function parseTable(text: string, format: "csv" | "tsv", source: string): ParameterTable {
  // One row more than allowed tells a table that is too long; the header is one too.
  const [header = [], ...rows] = parseRecords(text, format, source, MAX_ROWS + 2);
  const columns = header.map((name) => name.trim());
  checkColumns(columns, source);
  return { columns, rows };
}

function parseObjects(text: string, source: string): ParameterTable {
  let columns: string[] | null = null;
  const rows: string[][] = [];
  text.split("\n").forEach((line, at) => {
    if (line.trim() === "" || rows.length > MAX_ROWS) return;
    const where = `${source}, line ${at + 1}`;
    const object = parseObject(line, where);
    if (columns === null) checkColumns(columns = Object.keys(object), source);
    rows.push(rowOf(object, columns, where));
  });
  return { columns: columns ?? [], rows };
}

type Json = Readonly<Record<string, unknown>>;

function parseObject(line: string, where: string): Json {
  const value = parseJson(line, where);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw unreadable(where, 'wanted an object, as in {"column": "value"}');
  }
  if (Object.keys(value).length === 0) throw unreadable(where, "the object has no columns");
  return value as Json;
}

/** A number that JavaScript would write otherwise (1.0, 1e3, 20 digits) keeps the text it was written in. */
const REWRITTEN_NUMBER = /\d{16}|\d[.eE]|-0/;

function parseJson(line: string, where: string): unknown {
  try {
    return REWRITTEN_NUMBER.test(line) ? JSON.parse(line, keepNumberText) : JSON.parse(line);
  } catch (error) {
    throw new MusterError("InvalidInput", `Cannot read ${where}: not JSON`, { cause: error });
  }
}

function keepNumberText(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" ? context?.source ?? value : value;
}

function rowOf(object: Json, columns: readonly string[], where: string): string[] {
  const row = columns.map((name) => {
    if (!Object.hasOwn(object, name)) throw unreadable(where, `column ${JSON.stringify(name)} is missing`);
    return valueText(object[name], name, where);
  });
  const extra = Object.keys(object).find((name) => !columns.includes(name));
  if (extra !== undefined) {
    throw unreadable(where, `column ${JSON.stringify(extra)} is not in the first line`);
  }
  return row;
}

function valueText(value: unknown, name: string, where: string): string {
  if (typeof value === "string") return value;
  if (value === null) return "";
  if (typeof value !== "object") return String(value);
  throw unreadable(
    where,
    `the value of ${JSON.stringify(name)} is nested; wanted text, a number, true, false or null`,
  );
}

/** UTF-8 without its byte order mark. */
function decode(bytes: Uint8Array, source: string): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw unreadable(source, "it is UTF-16; save it as UTF-8");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    const line = undecodableLine(bytes);
    throw new MusterError(
      "InvalidInput",
      `Cannot read ${source}, line ${line}: not UTF-8; save it as UTF-8`,
      {
        cause: error,
      },
    );
  }
}

/** A newline byte is part of no other character, so each line can be tried alone. */
function undecodableLine(bytes: Uint8Array): number {
  let start = 0;
  for (let line = 1;; line++) {
    const newline = bytes.indexOf(0x0a, start);
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(
        bytes.subarray(start, newline < 0 ? undefined : newline),
      );
    } catch {
      return line;
    }
    if (newline < 0) return line;
    start = newline + 1;
  }
}

function unreadable(source: string, why: string): MusterError {
  return new MusterError("InvalidInput", `Cannot read ${source}: ${why}`);
}
