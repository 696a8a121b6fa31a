import type { JobBody } from "../../core/api/jobs.ts";
import { JOB_STATES } from "../../core/job.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { jobTable } from "../job_table.ts";
import { printJson } from "../output/json.ts";

/** Rows of a page when nobody says how many. */
const DEFAULT_LIMIT = 20;

/** `muster list`: jobs, the newest first. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const limit = invocation.count("limit", { what: "--limit", min: 1, max: 1000 }) ?? DEFAULT_LIMIT;
  const name = invocation.text("name");
  const state = invocation.choice("state", JOB_STATES);
  const client = await context.client();
  const page = await client.jobs({
    limit,
    ...name === undefined ? {} : { name },
    ...state === undefined ? {} : { state },
  });
  if (context.json) printJson(context.output, page);
  else if (context.quiet) page.items.forEach((job) => context.output.out(`${job.id}\n`));
  else await print(page.items, page.next_cursor !== null, limit, context);
  return EXIT_DONE;
}

async function print(
  jobs: readonly JobBody[],
  hasMore: boolean,
  limit: number,
  { output, style, clock }: Context,
): Promise<void> {
  if (jobs.length === 0) {
    output.out("No jobs. To run one: muster sub --seq 3 -- echo {index}\n");
    return;
  }
  output.out(await jobTable(jobs, clock.now(), style));
  if (hasMore) output.err(`Older jobs: muster list --limit ${Math.min(limit * 5, 1000)}\n`);
}
