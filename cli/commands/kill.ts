import type { KillResultBody } from "../../core/api/jobs.ts";
import { parseCount } from "../../core/quantity.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { MAX_ROWS } from "../../core/parameters.ts";
import { countOf } from "../output/count_words.ts";
import { printJson } from "../output/json.ts";
import { oneLine } from "../output/plain.ts";

/** `muster kill JOB [INDEX…]`: ends its tasks, or those of the indexes. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const [job = "", ...words] = invocation.words;
  const indexes = words.map((word) => parseCount(word, { what: "task index", min: 1, max: MAX_ROWS }));
  const client = await context.client();
  const result = await client.kill(job, indexes.length === 0 ? {} : { indexes });
  if (context.json) printJson(context.output, result);
  else if (!context.quiet) context.output.out(killWords(job, result));
  return EXIT_DONE;
}

/** What was ended, what is being ended, and what will be when its host returns. */
export function killWords(job: string, result: KillResultBody): string {
  const lines = [
    result.killed > 0 ? `Killed ${countOf(result.killed, "task")} that had not begun` : "",
    result.stopping > 0 ? `Stopping ${countOf(result.stopping, "task")}` : "",
    ...result.on_return.map(({ host, tasks }) =>
      `${countOf(tasks, "task")} will be stopped when host "${oneLine(host)}" returns`
    ),
  ].filter((line) => line !== "");
  return lines.length === 0
    ? `Nothing of job ${job} was left to kill\n`
    : lines.map((line) => `${line}\n`).join("");
}
