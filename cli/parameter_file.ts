import { extname, resolve } from "node:path";
import { MusterError } from "../core/errors.ts";
import { parseParameters } from "../core/parameters.ts";

/** A parameter table as read from a file of the person's. */
export interface ParameterFile {
  readonly format: "csv" | "tsv" | "jsonl";
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly table: { readonly columns: string[]; readonly rows: string[][] };
}

const FORMATS: Readonly<Record<string, ParameterFile["format"]>> = {
  ".csv": "csv",
  ".tsv": "tsv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
};

/** Reads and checks the table at `path`, seen from `cwd`. Throws `NotFound` or `InvalidInput` with the line number. */
export async function readParameterFile(path: string, cwd: string): Promise<ParameterFile> {
  const format = FORMATS[extname(path).toLowerCase()];
  if (format === undefined) {
    throw new MusterError(
      "InvalidInput",
      `Cannot read parameters from "${path}": it is not .csv, .tsv or .jsonl`,
    );
  }
  const bytes = await readBytes(resolve(cwd, path), path);
  const { columns, rows } = parseParameters(bytes, format, path);
  return { format, bytes, table: { columns: [...columns], rows: rows.map((row) => [...row]) } };
}

async function readBytes(path: string, shown: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    throw new MusterError("InvalidInput", `Cannot read parameters from "${shown}": ${reasonOf(cause)}`, {
      cause,
    });
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Deno.errors.NotFound) return "there is no such file";
  if (cause instanceof Deno.errors.PermissionDenied) return "you may not read it";
  if (cause instanceof Deno.errors.IsADirectory) return "it is a directory";
  return cause instanceof Error ? cause.message : String(cause);
}
