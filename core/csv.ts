import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { MusterError } from "./errors.ts";

/** How the fields of a table are parted. TSV fields may be quoted too, and may hold quotes elsewhere. */
export type Separated = "csv" | "tsv";

/**
 * The records of the text, all as long as the first. Quotes, newlines inside quotes and CRLF are read, blank lines
 * passed over. Throws `InvalidInput` that names `source` and the line where a record ends that cannot be read.
 */
export function parseRecords(
  text: string,
  format: Separated,
  source: string,
  maxRecords: number,
): string[][] {
  try {
    return parse(text, { ...settings(format), to: maxRecords });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = error.code === "CSV_QUOTE_NOT_CLOSED" ? lastRecordBegin(text, format) : error["lines"];
    throw new MusterError("InvalidInput", `Cannot read ${source}, line ${line}: ${wordsOf(error)}`, {
      cause: error,
    });
  }
}

/** A table as CSV: RFC 4180 quoting, lines that end with a newline. */
export function formatCsv(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  // An empty value alone would be a blank line, which readers pass over.
  const options = { quoted_empty: columns.length === 1 };
  return stringify([[...columns], ...rows.map((row) => [...row])], options);
}

function settings(format: Separated) {
  return {
    delimiter: format === "tsv" ? "\t" : ",",
    record_delimiter: ["\r\n", "\n"],
    relax_quotes: format === "tsv",
    skip_empty_lines: true,
  };
}

/** The line where the record begins that the end of the text cut off; the library tells the last line alone. */
function lastRecordBegin(text: string, format: Separated): number {
  const options = { ...settings(format), info: true, skip_records_with_error: true } as const;
  const whole: readonly unknown[] = parse(text, options);
  const last = whole.at(-1) as { readonly info: { readonly lines: number } } | undefined;
  return (last?.info.lines ?? 0) + 1;
}

function wordsOf(error: CsvError): string {
  switch (error.code) {
    case "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH": {
      const found: unknown = error["record"];
      const count = Array.isArray(found) ? found.length : 0;
      return `wanted ${wantedOf(error)} values as in the header, found ${count}`;
    }
    case "CSV_QUOTE_NOT_CLOSED":
      return "a quote that opens here is never closed";
    case "INVALID_OPENING_QUOTE":
      return 'a quote in the middle of a value; write the value in quotes, with each quote doubled: "a ""b"" c"';
    case "CSV_INVALID_CLOSING_QUOTE":
      return 'text after a closing quote; double each quote inside a value: "a ""b"" c"';
    default:
      return error.message;
  }
}

/** The length of the first record; the library tells it in its message alone. */
function wantedOf(error: CsvError): string {
  return /expect (\d+)/.exec(error.message)?.[1] ?? "as many";
}
