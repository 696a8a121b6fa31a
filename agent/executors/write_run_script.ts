import { renderRunScript } from "../../core/shell.ts";
import type { LaneIdentity } from "../run_header.ts";
import { renderRunHeader } from "../run_header.ts";
import { overwrite } from "../small_file.ts";
import { taskEnvironment } from "../task_environment.ts";
import type { Launch } from "./executor.ts";

/** Writes the attempt's `run`. Throws where the disk or the command do not allow it. */
export function writeRunScript(launch: Launch, lane: LaneIdentity, cgroup: string | null): void {
  const { assignment, directory, gpus } = launch;
  const script = renderRunScript({
    header: renderRunHeader({ version: 1, assignment, gpus, lane, cgroup }),
    isInPlace: assignment.job.inPlace !== null,
    directory: assignment.job.inPlace ?? `${directory}/work`,
    env: taskEnvironment(launch),
    command: assignment.command,
  });
  overwrite(`${directory}/run`, script);
}
