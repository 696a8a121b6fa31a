import { compileJob, renderTask } from "../../core/command.ts";
import type { Command, JobSpec } from "../../core/job.ts";
import type { TaskRecord } from "./parts.ts";

/** Fills in the command of the job's tasks; its templates are parsed once. */
export function commandFiller(spec: JobSpec): (record: TaskRecord) => Command {
  const compiled = compileJob(spec);
  return ({ task, parameters }) => renderTask(compiled, task.index, parameters).command;
}
