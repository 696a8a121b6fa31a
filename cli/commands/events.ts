import type { EventBody } from "../../core/api/fleet.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { printJsonLine } from "../output/json.ts";
import { oneLine } from "../output/plain.ts";
import { untilInterrupted } from "../until_interrupted.ts";

/** `muster events`: what happens, a line an event, until Ctrl-C. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const since = invocation.count("since", { what: "--since", min: 0, max: Number.MAX_SAFE_INTEGER });
  const job = invocation.text("job");
  const client = await context.client();
  const jobId = job === undefined ? undefined : (await client.job(job)).id;
  return await untilInterrupted(context, async (signal) => {
    const events = client.events({
      signal,
      ...since === undefined ? {} : { since },
      ...jobId === undefined ? {} : { job: jobId },
    });
    for await (const event of events) {
      if (context.json) printJsonLine(context.output, event);
      else context.output.out(eventLine(event));
    }
  });
}

/** `2026-01-02T03:04:05.678Z  task.running  jabc 3 spark-1`. */
function eventLine(event: EventBody): string {
  const about = [event.job_id, event.index, event.host].filter((part) => part !== null).join(" ");
  const data = Object.keys(event.data).length === 0 ? "" : `  ${JSON.stringify(event.data)}`;
  return `${oneLine(`${event.at}  ${event.kind.padEnd(16)}  ${about}${data}`).trimEnd()}\n`;
}
