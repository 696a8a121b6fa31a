import type { Client } from "../../clients/typescript/client.ts";
import type { JobBody, SubmitBody, SubmitPreviewBody } from "../../core/api/jobs.ts";
import { compileJob, displayCommand } from "../../core/command.ts";
import { checkJobName } from "../../core/names.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { followJob } from "../follow_job.ts";
import { submittedLine } from "../job_words.ts";
import { countOf } from "../output/count_words.ts";
import { printJson } from "../output/json.ts";
import { oneLine } from "../output/plain.ts";
import { type ParameterFile, readParameterFile } from "../parameter_file.ts";
import { submitBody } from "../submit_body.ts";
import { refuseUnsentFiles } from "../unsent_files.ts";

/**
 * Over this many bytes a parameter table travels as a blob: the API takes bodies to 64 MiB, and a table grows when
 * it is written as JSON.
 */
const LARGEST_INLINE_BYTES = 32 * 1024 * 1024;

/** `muster sub … -- COMMAND…`: submits a job and waits for it. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const body = submitBody(invocation, { cwd: context.ports.cwd() });
  const path = invocation.text("params");
  const parameters = path === undefined ? undefined : await readParameterFile(path, context.ports.cwd());
  await refuseUnsentFiles(body, parameters, context.ports.cwd());
  checkHere(body, parameters);
  const client = await context.client();
  if (invocation.flag("dryRun")) return await preview(client, withInline(body, parameters), context);
  const waits = invocation.flag("wait") ?? true;
  // From here on Ctrl-C leaves the job, which may be there before we hear of it.
  if (waits) context.interruption();
  const job = await client.submit(await withParameters(client, body, parameters));
  return await afterSubmit(client, job, waits, context);
}

/** Finds what can be found without a controller before one is started. Throws `InvalidInput`. */
function checkHere(
  { name, command, env = {}, results = null }: SubmitBody,
  parameters?: ParameterFile,
): void {
  if (name !== undefined) checkJobName(name);
  compileJob({ command, columns: parameters?.table.columns ?? [], env, results });
}

async function afterSubmit(client: Client, job: JobBody, waits: boolean, context: Context): Promise<number> {
  if (context.quiet && !context.json) context.output.out(`${job.id}\n`);
  if (!context.quiet) context.output.err(`${submittedLine(job)}\n`);
  if (waits) return await followJob(client, job.id, context);
  if (context.json) printJson(context.output, job);
  else if (!context.quiet) context.output.err(`muster watch ${oneLine(job.name)} shows how far it is\n`);
  return EXIT_DONE;
}

async function preview(client: Client, body: SubmitBody, context: Context): Promise<number> {
  const answer = await client.preview({ ...body, dry_run: true });
  if (context.json) printJson(context.output, answer);
  else context.output.out(previewText(answer));
  return EXIT_DONE;
}

/** The count, the first commands and where they could run. */
export function previewText(preview: SubmitPreviewBody): string {
  const commands = preview.commands.map((command) => `  ${displayCommand(command)}\n`).join("");
  const more = preview.total - preview.commands.length;
  const rest = more > 0 ? `  and ${more.toLocaleString("en-US")} more\n` : "";
  const hosts = preview.hosts.length === 0
    ? "No host could run it now; it would wait\n"
    : `It could run on ${preview.hosts.map(oneLine).join(", ")}\n`;
  return `Job ${oneLine(preview.name)} would have ${
    countOf(preview.total, "task")
  }:\n${commands}${rest}${hosts}`;
}

function withInline(body: SubmitBody, parameters: ParameterFile | undefined): SubmitBody {
  return parameters === undefined ? body : { ...body, parameters: parameters.table };
}

/** The body with its table inside, or with the name of the blob that holds the file. */
async function withParameters(
  client: Client,
  body: SubmitBody,
  parameters: ParameterFile | undefined,
): Promise<SubmitBody> {
  if (parameters === undefined || parameters.bytes.length <= LARGEST_INLINE_BYTES) {
    return withInline(body, parameters);
  }
  const sha256 = await sha256Hex(parameters.bytes);
  await client.putBlob(sha256, new Blob([parameters.bytes]).stream());
  return { ...body, parameters: { blob: sha256, format: parameters.format } };
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
