import type { JobDetailBody, TaskBody, TaskDetailBody } from "../../core/api/jobs.ts";
import { TASK_STATES } from "../../core/task.ts";
import { displayCommand } from "../../core/command.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { progressWords } from "../output/progress.ts";
import { printJson } from "../output/json.ts";
import { oneLine, shortened } from "../output/plain.ts";
import { formatBytes, formatDuration, parseCount } from "../../core/quantity.ts";
import type { Style } from "../output/style.ts";
import { type Cell, fields, table } from "../output/table.ts";
import { ago, elapsed } from "../output/time_words.ts";
import { endWords } from "../task_words.ts";
import { MAX_ROWS } from "../../core/parameters.ts";

const DEFAULT_LIMIT = 100;

/** `muster show JOB [INDEX]`: all that is known of a job, of its tasks (`--tasks`), or of one task. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const job = invocation.word(0);
  const index = invocation.words[1];
  if (index !== undefined) return await showTask(job, index, context);
  if (invocation.flag("tasks") || invocation.text("state") !== undefined) {
    return await showTasks(job, invocation, context);
  }
  const detail = await (await context.client()).job(job);
  if (context.json) printJson(context.output, detail);
  else context.output.out(jobText(detail, context.clock.now(), context.style));
  return EXIT_DONE;
}

async function showTasks(job: string, invocation: Invocation, context: Context): Promise<number> {
  const limit = invocation.count("limit", { what: "--limit", min: 1, max: 1000 }) ?? DEFAULT_LIMIT;
  const state = invocation.choice("state", TASK_STATES);
  const client = await context.client();
  const page = await client.tasks(job, { limit, ...state === undefined ? {} : { state } });
  if (context.json) {
    printJson(context.output, page);
    return EXIT_DONE;
  }
  if (page.items.length === 0) {
    context.output.out(
      `No tasks${state === undefined ? "" : ` are ${oneLine(state)}`}. muster show ${job} shows the job\n`,
    );
    return EXIT_DONE;
  }
  context.output.out(await taskTable(page.items, context));
  if (page.next_cursor !== null) context.output.err(`More tasks: muster show ${job} --tasks --limit 1000\n`);
  return EXIT_DONE;
}

async function showTask(job: string, index: string, context: Context): Promise<number> {
  const number = parseCount(index, { what: "task index", min: 1, max: MAX_ROWS });
  const task = await (await context.client()).task(job, number);
  if (context.json) printJson(context.output, task);
  else context.output.out(await taskText(task, context));
  return EXIT_DONE;
}

/** The job as names and values; what was left at its default is left out. */
function jobText(job: JobDetailBody, nowMs: number, style: Style): string {
  return fields([
    ["job", `${job.name} (${job.id})`],
    ["state", { ours: `${style.state(job.state)} · ${oneLine(progressWords(job, null))}` }],
    ["command", displayCommand(job.command)],
    ["columns", listed(job.columns)],
    ["each task", needs(job)],
    ["retries", job.retries === 0 ? null : job.retries],
    ["timeout", job.timeout === null ? null : formatDuration(job.timeout)],
    ["directory", job.directory],
    ["results", listed(job.results ?? [])],
    ["environment", listed(Object.keys(job.env))],
    ["on", listed(job.on ?? [])],
    ["after", listed(job.after.map(({ job: id, when }) => when === "ok" ? id : `${id}:${when}`))],
    ["labels", listed(Object.entries(job.labels).map(([name, value]) => `${name}=${value}`))],
    ["running on", listed(job.hosts)],
    ["submitted", ago(job.created_at, nowMs)],
    ["time", job.started_at === null ? null : elapsed(job.started_at, job.ended_at, nowMs)],
  ]);
}

async function taskTable(tasks: readonly TaskBody[], { style, clock }: Context): Promise<string> {
  const rows = tasks.map((task): Cell[] => [
    String(task.index),
    { ours: style.state(task.state) },
    task.host ?? "-",
    String(task.attempts),
    elapsed(task.started_at, task.ended_at, clock.now()),
    endWords(task),
    parametersText(task.parameters),
  ]);
  return await table(["INDEX", "STATE", "HOST", "ATTEMPTS", "TIME", "END", "PARAMETERS"], rows, {
    right: ["INDEX", "ATTEMPTS"],
  });
}

async function taskText(task: TaskDetailBody, context: Context): Promise<string> {
  const head = fields([
    ["task", `${task.index} of ${task.job_id}`],
    ["state", { ours: context.style.state(task.state) }],
    ["end", endWords(task) || null],
    ["command", displayCommand(task.command)],
    ["parameters", parametersText(task.parameters) || null],
  ]);
  if (task.attempt_list.length === 0) return head;
  const rows = task.attempt_list.map((attempt): Cell[] => [
    String(attempt.attempt),
    { ours: context.style.state(attempt.state) },
    attempt.host ?? "-",
    elapsed(attempt.started_at, attempt.ended_at, context.clock.now()),
    attempt.usage?.max_memory == null ? "-" : formatBytes(attempt.usage.max_memory),
    attempt.output === null ? "-" : formatBytes(attempt.output.size),
    String(attempt.files.length),
    endWords(attempt),
  ]);
  const headings = ["ATTEMPT", "STATE", "HOST", "TIME", "MEMORY", "OUTPUT", "FILES", "END"];
  return `${head}\n${await table(headings, rows, { right: ["ATTEMPT", "MEMORY", "OUTPUT", "FILES"] })}`;
}

function needs(job: JobDetailBody): string {
  const parts = [`${job.cpus} CPU${job.cpus === 1 ? "" : "s"}`];
  if (job.memory !== null) parts.push(`${formatBytes(job.memory)} memory`);
  if (job.gpus > 0) parts.push(`${job.gpus} GPU${job.gpus === 1 ? "" : "s"}`);
  return parts.join(", ");
}

function parametersText(parameters: TaskBody["parameters"]): string {
  return shortened(Object.entries(parameters).map(([name, value]) => `${name}=${value}`).join(" "), 60);
}

function listed(values: readonly string[]): string | null {
  return values.length === 0 ? null : values.join(", ");
}
