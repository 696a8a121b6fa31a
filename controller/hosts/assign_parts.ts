import type { JobDescriptionMessage, TaskAssignmentMessage } from "../../proto/messages.ts";
import type { AssignedTask } from "../jobs/queue.ts";

export interface AssignPart {
  readonly jobs: JobDescriptionMessage[];
  readonly tasks: TaskAssignmentMessage[];
}

/**
 * Characters of one message at most: a third of 1 MiB, as a character is up to three bytes. A task or
 * description that alone is longer still travels, in a message of its own.
 */
const PART_CHARACTERS = 349_000;

/** Cuts an assignment into messages of bounded size; each job's description goes before its first task. */
export function assignParts(
  tasks: readonly AssignedTask[],
  describe: (jobId: string) => JobDescriptionMessage | null,
): AssignPart[] {
  const parts: AssignPart[] = [];
  let part: AssignPart = { jobs: [], tasks: [] };
  let characters = 0;
  for (const task of tasks) {
    const job = describe(task.ref.jobId);
    const length = taskCharacters(task) + (job === null ? 0 : jobCharacters(job));
    if (characters + length > PART_CHARACTERS && part.tasks.length > 0) {
      parts.push(part);
      part = { jobs: [], tasks: [] };
      characters = 0;
    }
    if (job !== null) part.jobs.push(job);
    part.tasks.push(taskToMessage(task));
    characters += length;
  }
  if (part.tasks.length > 0) parts.push(part);
  return parts;
}

function taskToMessage({ ref, command, env, results }: AssignedTask): TaskAssignmentMessage {
  const globs = (results ?? []) as string[];
  return "shell" in command
    ? { ref, argv: [], shell: command.shell, env, results: globs }
    : { ref, argv: command.argv as string[], shell: "", env, results: globs };
}

function taskCharacters({ ref, command, env, results }: AssignedTask): number {
  let length = ref.jobId.length + 16;
  if ("shell" in command) length += command.shell.length;
  else for (const word of command.argv) length += word.length + 2;
  for (const name in env) length += name.length + env[name]!.length + 6;
  for (const glob of results ?? []) length += glob.length + 2;
  return length;
}

function jobCharacters(job: JobDescriptionMessage): number {
  return job.jobId.length + job.jobName.length + job.inPlace.length + 64;
}
