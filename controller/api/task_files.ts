import type { HostFacts } from "../../core/host.ts";
import type { Command, Job } from "../../core/job.ts";
import type { OutputFile } from "../../core/result.ts";
import type { TarFile } from "../../system/tar.ts";
import { named } from "./bodies.ts";
import { createCsvSpool } from "./csv_spool.ts";
import { commandFiller } from "./filled_command.ts";
import { fetchedNames } from "./fetched_names.ts";
import type { StoredAttempt } from "../store/attempts.ts";
import type { ApiParts, TaskRecord } from "./parts.ts";
import { resultJson } from "./result_json.ts";
import { TASK_COLUMNS, taskRow } from "./tasks_csv.ts";

/** Tasks read from the store at once. */
const PAGE = 500;
const encoder = new TextEncoder();

type FileParts = Pick<ApiParts, "jobs" | "hosts" | "blobs" | "log">;

/**
 * The files of `fetch`, task by task: output, result.json and files of each task's last ended attempt, then
 * tasks.csv. Memory holds one page of tasks and the packed csv.
 */
export async function* taskFiles(parts: FileParts, job: Job): AsyncGenerator<TarFile> {
  const facts = new Map(parts.hosts.list().map((host) => [host.id, host.facts]));
  const commandOf = commandFiller(job.spec);
  const view: JobView = { job, commandOf, facts };
  const csv = createCsvSpool([...TASK_COLUMNS, ...job.spec.columns]);
  for (let cursor: string | undefined, more = true; more;) {
    const page = parts.jobs.tasks(job.id, { limit: PAGE, cursor });
    const attempts = lastAttempts(parts, job.id, page.items);
    for (const record of page.items) {
      await csv.add(taskRow(record, nameOf(parts, record.task.hostId)));
      const attempt = attempts.get(record.task.index);
      if (attempt !== undefined) yield* filesOf(parts, view, record, attempt);
    }
    cursor = page.next ?? undefined;
    more = page.next !== null;
  }
  const { size, open } = await csv.end();
  yield { name: "tasks.csv", size, mode: 0o644, body: open };
}

/** What all files of one job's archive share. */
interface JobView {
  readonly job: Job;
  readonly commandOf: (record: TaskRecord) => Command;
  readonly facts: ReadonlyMap<string, HostFacts>;
}

/** The last ended attempt of each of the tasks. */
function lastAttempts(
  { jobs }: FileParts,
  jobId: string,
  tasks: readonly TaskRecord[],
): Map<number, StoredAttempt> {
  const [first, last] = [tasks[0], tasks.at(-1)];
  if (first === undefined || last === undefined) return new Map();
  const attempts = jobs.attemptsBetween(jobId, first.task.index, last.task.index);
  return new Map(attempts.map((attempt) => [attempt.index, attempt]));
}

function* filesOf(
  parts: FileParts,
  view: JobView,
  record: TaskRecord,
  attempt: StoredAttempt,
): Generator<TarFile> {
  const folder = String(record.task.index);
  const modifiedAt = attempt.endedAt ?? 0;
  const { output } = attempt;
  if (output !== null) yield { ...blobFile(parts, `${folder}/stdout.txt`, output), modifiedAt };
  const text = resultText(parts, view, record, attempt);
  yield { name: `${folder}/result.json`, size: text.byteLength, mode: 0o644, body: text, modifiedAt };
  for (const [name, file] of safeNames(parts, attempt.files)) {
    yield { ...blobFile(parts, `${folder}/${name}`, file), mode: file.mode & 0o777, modifiedAt };
  }
}

/** The blob is opened when its turn in the archive has come. */
function blobFile(
  { blobs }: FileParts,
  name: string,
  { size, sha256 }: Pick<OutputFile, "size" | "sha256">,
): TarFile {
  const body = size === 0 ? new Uint8Array() : () => blobs.open(sha256);
  return { name, size, mode: 0o644, body };
}

function safeNames({ log }: FileParts, files: readonly OutputFile[]): Map<string, OutputFile> {
  const { names, refused } = fetchedNames(files);
  for (const file of refused) {
    log.warn("file left out of a fetch: its name leads elsewhere", { src: file.src });
  }
  return names;
}

function resultText(
  parts: FileParts,
  { job, commandOf, facts }: JobView,
  record: TaskRecord,
  attempt: StoredAttempt,
): Uint8Array {
  const result = resultJson({
    command: commandOf(record),
    parameters: named(job.spec.columns, record.parameters),
    attempt,
    host: nameOf(parts, attempt.hostId),
    facts: attempt.hostId === null ? null : facts.get(attempt.hostId) ?? null,
  });
  return encoder.encode(`${JSON.stringify(result, null, 2)}\n`);
}

function nameOf({ hosts }: FileParts, hostId: string | null): string | null {
  return hostId === null ? null : hosts.nameOf(hostId) ?? hostId;
}
