import { compileGlobs } from "../core/glob.ts";
import { diskSpace } from "../system/filesystem.ts";
import type { Log } from "../system/log.ts";
import { AttemptDirectories } from "./attempt_directories.ts";
import { DiskGuard } from "./disk_guard.ts";
import type { Executor } from "./executors/executor.ts";
import { NoopExecutor } from "./executors/noop.ts";
import { ProcessExecutor } from "./executors/process.ts";
import { collectOutputs } from "./hooks/collect_outputs.ts";
import { openMemoryLimiter } from "./keeper/memory_cgroup.ts";
import { systemProcessTable } from "./keeper/process_table.ts";
import type { Capacity } from "./resources.ts";
import { Resources } from "./resources.ts";
import { TaskRunner } from "./task_runner.ts";
import type { Assignment } from "./work.ts";

export interface WorkOptions {
  /** Directory of the attempts, absolute. */
  readonly tasks: string;
  /** `noop`: every attempt ends at once, for measuring. */
  readonly executor: "process" | "noop";
  readonly capacity: Capacity;
  /** The login environment that tasks inherit. */
  readonly environment: Readonly<Record<string, string>>;
  /** Free bytes of the tasks' disk under which no work is begun. Default 2 GiB. */
  readonly wantedFreeBytes?: () => number;
  /** False: memory limits are watched even where cgroups could be made. Default true. */
  readonly usesCgroups?: boolean;
  /** As {@linkcode TaskRunnerParts.shortMs}. */
  readonly shortMs?: number;
  readonly log: Log;
}

/** The work of this host, with what former agent processes left running taken back. */
export async function createWork(options: WorkOptions): Promise<TaskRunner> {
  const { tasks, capacity, log } = options;
  const directories = new AttemptDirectories(tasks, log);
  const runner = new TaskRunner({
    executor: createExecutor(options, directories),
    resources: new Resources(capacity),
    directories,
    guard: new DiskGuard(() => diskSpace(tasks).freeBytes, options.wantedFreeBytes),
    collect,
    ...(options.shortMs === undefined ? {} : { shortMs: options.shortMs }),
    log,
  });
  await runner.recover();
  return runner;
}

function createExecutor(
  { executor, environment, usesCgroups, log }: WorkOptions,
  directories: AttemptDirectories,
): Executor {
  if (executor === "noop") return new NoopExecutor();
  const processes = systemProcessTable();
  const limiter = usesCgroups === false ? null : openMemoryLimiter();
  return new ProcessExecutor({
    processes,
    environment,
    limiter,
    makeDirectory: ({ assignment }) => directories.make(assignment.ref),
    cleared: (task) => directories.clear(task),
    log,
  });
}

function collect({ job, results }: Assignment, directory: string) {
  const matches = results === null ? null : compileGlobs(results);
  return collectOutputs({ directory, inPlace: job.inPlace, matches });
}
