import type { JobBody } from "../../core/api/jobs.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_CODES, EXIT_DONE } from "../exit_codes.ts";
import { exitCodeOf, watchToEnd } from "../follow_job.ts";
import { summaryLine } from "../job_words.ts";
import { printJson } from "../output/json.ts";
import { noProgress } from "../output/live_line.ts";

/** `muster wait JOB…`: returns when all have ended; 1 if a task of any failed or was killed. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const client = await context.client();
  // All are looked up first: a name that does not exist is no reason to wait for the others.
  const jobs = await Promise.all(invocation.words.map((job) => client.job(job)));
  const outcomes = await Promise.all(jobs.map((job) => watchToEnd(client, job.id, context, noProgress)));
  const ended: JobBody[] = outcomes.flatMap((outcome) => outcome.kind === "ended" ? [outcome.job] : []);
  if (ended.length < outcomes.length) return sayInterrupted(context);
  if (context.json) printJson(context.output, { items: ended, next_cursor: null });
  else if (!context.quiet) {
    ended.forEach((job) => context.output.out(`${summaryLine(job, context.clock.now())}\n`));
  }
  return Math.max(EXIT_DONE, ...ended.map(exitCodeOf));
}

function sayInterrupted({ output }: Context): number {
  output.err("Stopped waiting: the jobs go on. muster list shows them\n");
  return EXIT_CODES.Interrupted;
}
