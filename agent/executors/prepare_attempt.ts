import { renderRunScript } from "../../core/shell.ts";
import type { LaneIdentity } from "../run_header.ts";
import { renderRunHeader } from "../run_header.ts";
import { taskEnvironment } from "../task_environment.ts";
import type { Launch } from "./executor.ts";

/** Makes the attempt's directory and its `run`. Throws where the disk or the command do not allow it. */
export function prepareAttempt(launch: Launch, lane: LaneIdentity, cgroup: string | null): void {
  const { assignment, directory, gpus } = launch;
  const { inPlace } = assignment.job;
  const mode = 0o700;
  Deno.mkdirSync(inPlace === null ? `${directory}/work` : directory, { recursive: true, mode });
  Deno.mkdirSync(`${directory}/tmp`, { recursive: true, mode });
  const script = renderRunScript({
    header: renderRunHeader({ version: 1, assignment, gpus, lane, cgroup }),
    directory: inPlace ?? `${directory}/work`,
    env: taskEnvironment(launch),
    command: assignment.command,
  });
  Deno.writeTextFileSync(`${directory}/run`, script, { mode: 0o600 });
}
