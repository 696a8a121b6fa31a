import { MusterError } from "../../core/errors.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { countOf } from "../output/count_words.ts";
import { printJson } from "../output/json.ts";

/** `muster reset JOB [--failed|--all]`: tasks that ended wait to run again. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const job = invocation.word(0);
  if (invocation.flag("all") && invocation.flag("failed")) {
    throw new MusterError("InvalidInput", `Cannot reset job "${job}": --failed and --all exclude each other`);
  }
  const which = invocation.flag("all") ? "all" : "failed";
  const client = await context.client();
  const result = await client.reset(job, { which });
  if (context.json) printJson(context.output, result);
  else if (!context.quiet) context.output.out(resetWords(job, which, result.reset));
  return EXIT_DONE;
}

function resetWords(job: string, which: "failed" | "all", count: number): string {
  if (count > 0) return `${countOf(count, "task")} will run again · muster watch ${job}\n`;
  return which === "failed"
    ? `No task of job ${job} failed or was killed · muster reset ${job} --all runs all again\n`
    : `No task of job ${job} has ended\n`;
}
