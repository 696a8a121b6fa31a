import type { Client } from "../../clients/typescript/client.ts";
import type { StatusBody } from "../../core/api/fleet.ts";
import type { JobDetailBody } from "../../core/api/jobs.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { jobTable } from "../job_table.ts";
import { progressWords } from "../output/progress.ts";
import { countOf } from "../output/count_words.ts";
import { hasEnded, summaryLine } from "../job_words.ts";
import { printJson } from "../output/json.ts";
import { oneLine } from "../output/plain.ts";
import { fields } from "../output/table.ts";
import { formatDuration } from "../../core/quantity.ts";

/** Rows of running jobs below the fleet. */
const RUNNING_ROWS = 10;

/** `muster status [JOB]`: the fleet at a glance, or how far one job is. Starts nothing. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const job = invocation.words[0];
  if (job !== undefined) return await jobStatus(job, context);
  const client = await context.runningClient("Cannot show the fleet");
  const [status, running] = await Promise.all([client.status(), runningJobs(client, context)]);
  if (context.json) printJson(context.output, status);
  else context.output.out(fleetText(status) + running);
  return EXIT_DONE;
}

async function jobStatus(name: string, context: Context): Promise<number> {
  const client = await context.runningClient(`Cannot show job "${name}"`);
  const job = await client.job(name);
  if (context.json) printJson(context.output, job);
  else context.output.out(`${context.quiet ? job.state : jobLine(job, context.clock.now())}\n`);
  return EXIT_DONE;
}

function jobLine(job: JobDetailBody, nowMs: number): string {
  if (hasEnded(job)) return summaryLine(job, nowMs);
  return `Job ${oneLine(job.name)} (${job.id}) ${job.state} · ${oneLine(progressWords(job, null))}`;
}

/** The fleet in five lines. */
function fleetText(status: StatusBody): string {
  const { hosts, jobs, tasks } = status;
  return fields([
    ["controller", `${status.url} · up ${formatDuration(status.uptime)} · ${status.version}`],
    ["hosts", words([[hosts.ready, "ready"], [hosts.away, "away"], [hosts.lost, "lost"]], "none yet")],
    [
      "jobs",
      words(
        [[jobs.running, "running"], [jobs.pending, "waiting"], [jobs.ended, "ended"]],
        "none yet: muster sub --seq 3 -- echo {index}",
      ),
    ],
    [
      "tasks",
      words(
        [[tasks.running, "running"], [tasks.claimed, "starting"], [tasks.pending, "waiting"]],
        "none waiting",
      ),
    ],
    ["refuses work", status.refusing],
  ]);
}

async function runningJobs(client: Client, { json, quiet, clock, style }: Context): Promise<string> {
  if (json || quiet) return "";
  const page = await client.jobs({ state: "running", limit: RUNNING_ROWS });
  if (page.items.length === 0) return "";
  const more = page.next_cursor === null
    ? ""
    : `More than ${countOf(RUNNING_ROWS, "job")} run: muster list --state running\n`;
  return `\n${await jobTable(page.items, clock.now(), style)}${more}`;
}

function words(parts: readonly (readonly [number, string])[], none: string): string {
  const some = parts.filter(([count]) => count > 0).map(([count, word]) =>
    `${count.toLocaleString("en-US")} ${word}`
  );
  return some.length === 0 ? none : some.join(", ");
}
