import type { z } from "./schema.ts";
import type { submitSchema } from "./api/jobs.ts";
import { type CompiledJob, compileJob, renderTask } from "./command.ts";
import { MusterError } from "./errors.ts";
import { cleanGlob } from "./glob.ts";
import type { Command, JobSpec } from "./job.ts";
import { checkHostName, checkJobName, defaultJobName } from "./names.ts";
import { checkColumns, MAX_ROWS } from "./parameters.ts";
import { INDEX, templateNames } from "./template.ts";

type Submission = z.output<typeof submitSchema>;

/** Columns and rows of the submission's parameters. */
interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a submission asks for, checked. */
export interface CheckedSubmission {
  readonly spec: JobSpec;
  /** A row a task; null without parameters. */
  readonly rows: string[][] | null;
}

/**
 * The job of a submission whose shape was checked by `submitSchema`. `table` is what the blob of its parameters
 * holds; null if they are inline or absent. Jobs of `after` stay as they were written: the caller finds them, and
 * the hosts of `on`. Throws `InvalidInput` that names the field.
 */
export function specFromSubmit(body: Submission, table: Table | null): CheckedSubmission {
  if (body.seq !== undefined && body.parameters !== undefined) {
    throw refused("wanted one of seq and parameters, found both");
  }
  checkCommand(body.command);
  const parameters = tableOf(body, table);
  const spec = specOf(body, parameters);
  checkResults(compileJob(spec), parameters);
  return { spec, rows: parameters?.rows.map((row) => [...row]) ?? null };
}

function specOf(body: Submission, table: Table | null): JobSpec {
  return {
    name: body.name === undefined ? defaultJobName(body.command) : checkJobName(body.name),
    kind: "batch",
    command: body.command,
    columns: table?.columns ?? [],
    total: body.seq ?? table?.rows.length ?? 1,
    resources: { cpus: body.cpus, memoryBytes: body.memory, gpus: body.gpus },
    env: checkEnv(body.env),
    directory: body.directory === null
      ? { kind: "fresh" }
      : { kind: "in_place", path: checkDirectory(body.directory) },
    results: body.results,
    retries: body.retries,
    timeoutSeconds: body.timeout,
    on: body.on === null || body.on.length === 0 ? null : body.on.map(checkHostName),
    after: body.after.map(({ job, when }) => ({ jobId: job, when })),
    requeueAfterSeconds: body.requeue_after,
    labels: checkLabels(body.labels),
  };
}

function tableOf({ parameters }: Submission, table: Table | null): Table | null {
  if (parameters === undefined) return null;
  if ("blob" in parameters) {
    if (table === null) throw new TypeError("The table of a parameters blob is missing");
    return table;
  }
  checkTable(parameters);
  return parameters;
}

function checkTable({ columns, rows }: Table): void {
  checkColumns(columns, "parameters");
  if (rows.length > MAX_ROWS) throw refused("parameters has more than 1,000,000 rows");
  rows.forEach((row, at) => {
    if (row.length !== columns.length) {
      const wanted = `wanted ${columns.length} values, found ${row.length}`;
      throw refused(`row ${at + 1} of parameters is uneven: ${wanted}`);
    }
    if (row.some((value) => value.includes("\0"))) throw refused(`row ${at + 1} of parameters holds a NUL`);
  });
}

function checkCommand(command: Command): void {
  const words = "argv" in command ? command.argv : [command.shell];
  if (words[0]?.trim() === "") throw refused("command is empty");
  if (words.some((word) => word.includes("\0"))) throw refused("command holds a NUL");
}

function checkEnv(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const bad = Object.keys(env).find((name) => env[name]?.includes("\0"));
  if (bad !== undefined) throw refused(`env ${bad} holds a NUL`);
  return env;
}

function checkDirectory(path: string): string {
  if (!path.startsWith("/") || path.includes("\0")) {
    throw refused(`directory ${JSON.stringify(path)}: wanted an absolute path`);
  }
  return path;
}

function checkLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const bad = Object.keys(labels).find((name) => !/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(name));
  if (bad !== undefined) {
    throw refused(`labels ${JSON.stringify(bad)}: wanted letters, digits, ., _, / and -, 100 or fewer`);
  }
  return labels;
}

/** A value may make a pattern climb, so those that hold columns are tried with every row, others with one. */
function checkResults(compiled: CompiledJob, table: Table | null): void {
  const names = new Set(compiled.results?.flatMap(templateNames));
  names.delete(INDEX);
  const rows = names.size > 0 ? table?.rows ?? [] : [table?.rows[0] ?? null];
  rows.forEach((row, at) => renderTask(compiled, at + 1, row).results?.forEach(cleanGlob));
}

function refused(why: string): MusterError {
  return new MusterError("InvalidInput", `Cannot submit: ${why}`);
}
