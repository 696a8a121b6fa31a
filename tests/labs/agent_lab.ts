import type { TaskRunner } from "../../agent/task_runner.ts";
import { createWork } from "../../agent/create_work.ts";
import type { WorkOptions } from "../../agent/create_work.ts";
import type { Assignment, AttemptEnd, JobDescription, Reporter } from "../../agent/work.ts";
import type { Command } from "../../core/job.ts";
import type { AttemptRef } from "../../core/task.ts";
import { silentLog } from "../../system/log.ts";
import { waitUntil } from "./wait_until.ts";

/** Remembers what the work reported. */
export class RecordingReporter implements Reporter {
  readonly begun: AttemptRef[] = [];
  readonly ends: AttemptEnd[] = [];
  readonly refused: { ref: AttemptRef; reason: string }[] = [];
  readonly losses: { ref: AttemptRef; reason: string }[] = [];

  started(ref: AttemptRef): void {
    this.begun.push(ref);
  }
  ended(end: AttemptEnd): void {
    this.ends.push(end);
  }
  notStarted(ref: AttemptRef, reason: string): void {
    this.refused.push({ ref, reason });
  }
  lost(ref: AttemptRef, reason: string): void {
    this.losses.push({ ref, reason });
  }
}

/** The work of a host in a directory of its own, with a reporter that remembers. */
export interface AgentLab extends AsyncDisposable {
  readonly work: TaskRunner;
  readonly reporter: RecordingReporter;
  /** Directory of the attempts. */
  readonly tasks: string;
  /** Runs a command as attempt 1 of the next task, to its end. */
  run(command: Command, changes?: AssignmentChanges, env?: Record<string, string>): Promise<AttemptEnd>;
  /** Gives it out and returns its name. */
  begin(command: Command, changes?: AssignmentChanges, env?: Record<string, string>): AttemptRef;
  endOf(ref: AttemptRef): Promise<AttemptEnd>;
  pathOf(ref: AttemptRef): string;
  outputOf(ref: AttemptRef): string;
}

export const LAB_ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/", LANG: "C.UTF-8" };

export async function startAgentLab(changes: Partial<WorkOptions> = {}): Promise<AgentLab> {
  const root = changes.tasks ?? await Deno.makeTempDir({ prefix: "muster-agent-" });
  const work = await createWork({
    tasks: root,
    executor: "process",
    capacity: { cpus: 2, memoryBytes: 2 ** 33, gpus: [] },
    environment: LAB_ENVIRONMENT,
    wantedFreeBytes: () => 0,
    usesCgroups: false,
    log: silentLog,
    ...changes,
  });
  const reporter = new RecordingReporter();
  work.attach(reporter);
  return new Lab(work, reporter, root);
}

/**
 * The job of a lab's attempts. Sweepers look for tasks by name all over the machine, so labs in other processes must not
 * bear the same.
 */
export const LAB_JOB = `job${crypto.randomUUID().slice(0, 8)}`;

/** What a test names of an assignment: of its job, and the globs of its outputs. */
export type AssignmentChanges = Partial<JobDescription & Pick<Assignment, "results">>;

export function anAssignment(
  ref: AttemptRef,
  command: Command,
  { results = null, ...description }: AssignmentChanges = {},
  env: Record<string, string> = {},
): Assignment {
  const job: JobDescription = {
    jobId: ref.jobId,
    jobName: "a job",
    cpus: 1,
    memoryBytes: null,
    gpus: 0,
    timeoutSeconds: null,
    inPlace: null,
    keepsAll: results === null,
    ...description,
  };
  return { ref, epoch: 1, job, command, env, results };
}

class Lab implements AgentLab {
  #next = 1;

  constructor(
    readonly work: TaskRunner,
    readonly reporter: RecordingReporter,
    readonly tasks: string,
  ) {}

  begin(
    command: Command,
    changes: AssignmentChanges = {},
    env: Record<string, string> = {},
  ): AttemptRef {
    const ref = { jobId: changes.jobId ?? LAB_JOB, index: this.#next++, attempt: 1 };
    this.work.assign([anAssignment(ref, command, changes, env)]);
    return ref;
  }

  async run(
    command: Command,
    changes?: AssignmentChanges,
    env?: Record<string, string>,
  ): Promise<AttemptEnd> {
    return await this.endOf(this.begin(command, changes, env));
  }

  async endOf(ref: AttemptRef): Promise<AttemptEnd> {
    const find = () =>
      this.reporter.ends.find((end) => end.ref.index === ref.index && end.ref.jobId === ref.jobId);
    return await waitUntil(find, { what: `the end of task ${ref.index}` });
  }

  pathOf(ref: AttemptRef): string {
    return `${this.tasks}/${ref.jobId}/${ref.index}/${ref.attempt}`;
  }

  outputOf(ref: AttemptRef): string {
    return Deno.readTextFileSync(`${this.pathOf(ref)}/out`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.work.drop(this.work.held().map(({ ref }) => ref));
    await waitUntil(() => this.work.idle);
    await this.work.close();
    await Deno.remove(this.tasks, { recursive: true });
  }
}
