import type { Client } from "../clients/typescript/client.ts";
import type { JobBody, TaskBody } from "../core/api/jobs.ts";
import { MusterError } from "../core/errors.ts";
import type { Context } from "./context.ts";
import { EXIT_CODES, EXIT_DONE, EXIT_WORK_FAILED } from "./exit_codes.ts";
import { doneOf, hasEnded, summaryLine } from "./job_words.ts";
import { printJson } from "./output/json.ts";
import { createLiveLine, createPlainLines, noProgress, type ProgressView } from "./output/live_line.ts";
import { oneLine } from "./output/plain.ts";
import { rateOf, type Sample, withSample } from "./output/progress.ts";
import { endWords } from "./task_words.ts";

/** Failures that the summary names; the rest it counts. */
const NAMED_FAILURES = 3;

/**
 * Shows the job's progress until it has ended, then sums it up. Resolves with 0, or 1 if a task failed or was
 * killed. Ctrl-C leaves the job running, says how to come back, and resolves with 130.
 */
export async function followJob(client: Client, jobId: string, context: Context): Promise<number> {
  const outcome = await watchToEnd(client, jobId, context, await progressView(context));
  if (outcome.kind === "left") return sayHowToComeBack(outcome.job, jobId, context);
  await printSummary(client, outcome.job, context);
  return exitCodeOf(outcome.job);
}

/** What the wait for a job came to. `left`: interrupted; the job goes on. */
export type WatchOutcome =
  | { readonly kind: "ended"; readonly job: JobBody }
  | { readonly kind: "left"; readonly job: JobBody | undefined };

/** Watches until the job has ended or the person leaves. Throws `Unreachable` if the watch ends before the job. */
export async function watchToEnd(
  client: Client,
  jobId: string,
  context: Context,
  view: ProgressView,
): Promise<WatchOutcome> {
  const signal = context.interruption();
  let samples: readonly Sample[] = [];
  let job: JobBody | undefined;
  try {
    for await (job of client.watchJob(jobId, { signal })) {
      samples = withSample(samples, { atMs: context.clock.monotonicMs(), done: doneOf(job.counts) });
      if (hasEnded(job)) return { kind: "ended", job };
      view.show(job, rateOf(samples));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    view.end();
  }
  if (signal.aborted) return { kind: "left", job };
  throw new MusterError(
    "Unreachable",
    `Cannot follow job "${job?.name ?? jobId}": the controller ended the watch`,
    {
      hint: `muster watch ${jobId} goes on`,
    },
  );
}

/** 0 if every task is complete, else 1. */
export function exitCodeOf(job: JobBody): number {
  return job.state === "complete" ? EXIT_DONE : EXIT_WORK_FAILED;
}

/** A live line on a terminal, plain lines now and then elsewhere, nothing where only data is wanted. */
async function progressView(context: Context): Promise<ProgressView> {
  if (context.quiet || context.json) return noProgress;
  if (context.terminal.errIsTerminal && context.env("TERM") !== "dumb") return await createLiveLine();
  return createPlainLines(context.output.err, context.clock.monotonicMs);
}

/** Says how the job ended: as JSON, not at all if quiet, else a line and what to do next. */
async function printSummary(client: Client, job: JobBody, context: Context): Promise<void> {
  if (context.json) return printJson(context.output, job);
  if (context.quiet) return;
  const name = oneLine(job.name);
  context.output.out(`${summaryLine(job, context.clock.now())}\n`);
  if (job.counts.failed > 0) {
    const page = await client.tasks(job.id, { state: "failed", limit: NAMED_FAILURES });
    context.output.out(failureLines(name, page.items, job.counts.failed));
  }
  if (job.counts.complete > 0) context.output.out(`muster fetch ${name} brings the results\n`);
}

/** `  task 3: exit code 1 on spark-1 · muster logs words 3`, a line a failure. */
function failureLines(name: string, tasks: readonly TaskBody[], failed: number): string {
  const lines = tasks.map((task) => {
    const where = task.host === null ? "" : ` on ${oneLine(task.host)}`;
    return `  task ${task.index}: ${
      endWords(task) || "failed"
    }${where} · muster logs ${name} ${task.index}\n`;
  });
  const more = failed - tasks.length;
  const rest = more > 0
    ? `  and ${more.toLocaleString("en-US")} more: muster show ${name} --tasks --state failed\n`
    : "";
  return `${lines.join("")}${rest}muster reset ${name} --failed runs what failed again\n`;
}

function sayHowToComeBack(job: JobBody | undefined, jobId: string, context: Context): number {
  const name = job === undefined ? jobId : `${oneLine(job.name)} (${job.id})`;
  context.output.err(
    `Left job ${name}: it goes on. muster watch ${jobId} comes back, muster kill ${jobId} ends it\n`,
  );
  return EXIT_CODES.Interrupted;
}
