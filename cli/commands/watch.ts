import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { followJob } from "../follow_job.ts";

/** `muster watch JOB`: its progress until it ends, then how it ended. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const client = await context.client();
  const job = await client.job(invocation.word(0));
  return await followJob(client, job.id, context);
}
