import type { Client } from "../../clients/typescript/client.ts";
import type { JobDetailBody, TaskBody } from "../../core/api/jobs.ts";
import { MusterError } from "../../core/errors.ts";
import { createControlStripper } from "../../core/text.ts";
import { parseCount } from "../../core/quantity.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { MAX_ROWS } from "../../core/parameters.ts";
import { printJson } from "../output/json.ts";
import { oneLine } from "../output/plain.ts";
import { untilInterrupted } from "../until_interrupted.ts";

/** `muster logs JOB [INDEX] [-f]`: what a task printed, both streams as they came. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const client = await context.client();
  const job = await client.job(invocation.word(0));
  const typed = invocation.words[1];
  const index = typed === undefined
    ? await chosenIndex(client, job, context)
    : parseCount(typed, { what: "task index", min: 1, max: MAX_ROWS });
  const attempt = invocation.count("attempt", { what: "--attempt", min: 1, max: Number.MAX_SAFE_INTEGER });
  const follow = invocation.flag("follow") ?? false;
  const stream = await client.log(job.id, index, {
    signal: context.interruption(),
    follow,
    ...attempt === undefined ? {} : { attempt },
  });
  if (context.json) return await printAsJson(stream, job.id, index, context);
  return await untilInterrupted(context, () => pass(stream, invocation.flag("raw") ?? false, context));
}

/** The only task, or the one that failed first; says which. Throws `InvalidInput` where a person must choose. */
async function chosenIndex(client: Client, job: JobDetailBody, context: Context): Promise<number> {
  if (job.total === 1) return 1;
  const name = oneLine(job.name);
  const failed = job.counts.failed === 0
    ? []
    : (await client.tasks(job.id, { state: "failed", limit: 1000 })).items;
  const first = firstToEnd(failed);
  if (first === undefined) {
    throw new MusterError(
      "InvalidInput",
      `Cannot choose a log of job "${name}": it has ${
        job.total.toLocaleString("en-US")
      } tasks and none failed`,
      { hint: `muster logs ${name} 1 shows the first` },
    );
  }
  if (!context.quiet) context.output.err(`Task ${first.index} of ${name}, which failed first:\n`);
  return first.index;
}

function firstToEnd(tasks: readonly TaskBody[]): TaskBody | undefined {
  return [...tasks].sort((a, b) => (a.ended_at ?? "").localeCompare(b.ended_at ?? ""))[0];
}

/** Passes the output on as it comes, without what a terminal would obey unless `raw`. */
async function pass(stream: ReadableStream<Uint8Array>, raw: boolean, context: Context): Promise<void> {
  const { output } = context;
  let isEmpty = true;
  const decoder = new TextDecoder();
  const strip = createControlStripper();
  for await (const chunk of stream) {
    isEmpty &&= chunk.length === 0;
    output.out(raw ? chunk : strip(decoder.decode(chunk, { stream: true })));
  }
  if (!raw) output.out(strip(decoder.decode()));
  if (isEmpty && !context.quiet) output.err("It printed nothing\n");
}

async function printAsJson(
  stream: ReadableStream<Uint8Array>,
  jobId: string,
  index: number,
  context: Context,
): Promise<number> {
  const text = await new Response(stream).text();
  printJson(context.output, { job_id: jobId, index, text });
  return EXIT_DONE;
}
