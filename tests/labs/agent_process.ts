// An agent's work in a process of its own, to be killed: takes assignments as lines of JSON, reports as lines of JSON.
//   deno run -A tests/labs/agent_process.ts TASKS_DIRECTORY
import { TextLineStream } from "./text_lines.ts";
import { startAgentLab } from "./agent_lab.ts";
import type { Assignment } from "../../agent/work.ts";

const lab = await startAgentLab({ tasks: Deno.args[0]! });
const say = (value: unknown) => Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
lab.work.attach({
  started: (ref) => say({ started: ref }),
  ended: (end) => say({ ended: { ...end, inline: null } }),
  notStarted: (ref, reason) => say({ notStarted: ref, reason }),
  lost: (ref, reason) => say({ lost: ref, reason }),
});
Deno.addSignalListener("SIGTERM", async () => {
  await lab.work.close();
  Deno.exit(0);
});
say({ ready: Deno.pid });
for await (
  const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
) {
  lab.work.assign(JSON.parse(line) as Assignment[]);
}
