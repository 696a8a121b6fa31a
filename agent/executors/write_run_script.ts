import { renderRunScript } from "../../core/shell.ts";
import { guardedRun } from "../keeper/guarded_run.ts";
import type { LaneIdentity, RunHeader } from "../run_header.ts";
import { renderRunHeader } from "../run_header.ts";
import { overwrite } from "../small_file.ts";
import { taskEnvironment } from "../task_environment.ts";
import type { Launch } from "./executor.ts";

/** Writes the attempt's `run`, for that lane alone. Throws where the disk or the command do not allow it. */
export function writeRunScript(
  launch: Launch,
  lane: LaneIdentity,
  place: Pick<RunHeader, "after" | "cgroup">,
): void {
  const { assignment, directory, gpus } = launch;
  const script = renderRunScript({
    header: renderRunHeader({ version: 2, assignment, gpus, lane, after: place.after, cgroup: place.cgroup }),
    isInPlace: assignment.job.inPlace !== null,
    directory: assignment.job.inPlace ?? `${directory}/work`,
    env: taskEnvironment(launch),
    command: assignment.command,
  });
  overwrite(`${directory}/run`, guardedRun(script, lane.pid));
}
