import { MusterError } from "../../core/errors.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { countOf } from "../output/count_words.ts";
import { printJson } from "../output/json.ts";
import { oneLine } from "../output/plain.ts";

/** `muster delete JOB`: removes it with its results. On a terminal it asks first. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const client = await context.client();
  const job = await client.job(invocation.word(0));
  const what = `job ${oneLine(job.name)} (${job.id}) with the results of ${countOf(job.total, "task")}`;
  const asks = context.terminal.inIsTerminal && !context.yes && !context.json;
  if (asks && !context.ports.confirm(`Delete ${what}? [y/N]`)) {
    throw new MusterError("Interrupted", `Cannot delete job "${job.name}": you did not say yes`);
  }
  await client.deleteJob(job.id);
  if (context.json) printJson(context.output, { deleted: job.id });
  else if (!context.quiet) context.output.out(`Deleted ${what}\n`);
  return EXIT_DONE;
}
