import { BLOB_NAME } from "../blob_name.ts";
import { z } from "../schema.ts";
import { pageSchema, timeSchema } from "./common.ts";

export const jobStateSchema = z.enum(["pending", "running", "complete", "failed", "killed"]);
export const taskStateSchema = z.enum(["pending", "claimed", "running", "complete", "failed", "killed"]);

export const countsSchema = z.object({
  pending: z.number().int(),
  claimed: z.number().int(),
  running: z.number().int(),
  complete: z.number().int(),
  failed: z.number().int(),
  killed: z.number().int(),
}).meta({ id: "Counts" });

export const commandSchema = z.union([
  z.strictObject({ argv: z.array(z.string()).min(1) }),
  z.strictObject({ shell: z.string().min(1) }),
]).describe("An argument vector run without a shell, or one string for /bin/sh -c").meta({ id: "Command" });

/** Rows of `parameters`: inline, or a stored blob of CSV, TSV or JSON lines for tables over the body limit. */
export const parametersSchema = z.union([
  z.strictObject({ columns: z.array(z.string()).min(1), rows: z.array(z.array(z.string())).min(1) }),
  z.strictObject({ blob: z.string().regex(BLOB_NAME), format: z.enum(["csv", "tsv", "jsonl"]) }),
]).meta({ id: "Parameters" });

/** Body of `POST /jobs`. Exactly one of `seq` and `parameters`, or neither for a single task. */
export const submitSchema = z.strictObject({
  name: z.string().optional().describe("Letters, digits, `.`, `_`, `-`; default: from the command"),
  command: commandSchema,
  seq: z.number().int().min(1).max(1_000_000).optional().describe("That many tasks, `{index}` from 1"),
  parameters: parametersSchema.optional().describe("A task a row, `{column}` filled in"),
  retries: z.number().int().min(0).max(1000).default(0),
  timeout: z.number().positive().nullable().default(null).describe("Seconds a task may run"),
  cpus: z.number().positive().default(1),
  memory: z.number().int().positive().nullable().default(null).describe("Bytes a task may use"),
  gpus: z.number().int().min(0).default(0),
  env: z.record(z.string(), z.string()).default({}),
  directory: z.string().nullable().default(null).describe(
    "Absolute directory to run in; null: a fresh one a task",
  ),
  results: z.array(z.string()).nullable().default(null).describe(
    "Globs of output files; null: all new or changed",
  ),
  on: z.array(z.string()).nullable().default(null).describe("Host or pool names"),
  after: z.array(z.strictObject({ job: z.string(), when: z.enum(["ok", "any"]).default("ok") })).default([]),
  requeue_after: z.number().positive().nullable().default(300).describe(
    "Seconds until an unseen host's tasks move",
  ),
  labels: z.record(z.string(), z.string()).default({}),
  dry_run: z.boolean().default(false).describe("Check and answer what would run; store nothing"),
}).meta({ id: "Submit" });

export const jobSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(["batch", "gang", "service"]),
  state: jobStateSchema,
  total: z.number().int(),
  counts: countsSchema,
  created_at: timeSchema,
  started_at: timeSchema.nullable(),
  ended_at: timeSchema.nullable(),
  command: commandSchema,
  labels: z.record(z.string(), z.string()),
  waiting_for: z.string().nullable().describe("Why nothing of it runs yet, in words"),
}).meta({ id: "Job" });

export const jobDetailSchema = jobSchema.extend({
  columns: z.array(z.string()),
  retries: z.number().int(),
  timeout: z.number().nullable(),
  cpus: z.number(),
  memory: z.number().nullable(),
  gpus: z.number().int(),
  env: z.record(z.string(), z.string()),
  directory: z.string().nullable(),
  results: z.array(z.string()).nullable(),
  on: z.array(z.string()).nullable(),
  after: z.array(z.object({ job: z.string(), when: z.enum(["ok", "any"]) })),
  hosts: z.array(z.string()).describe("Names of the hosts that run tasks of it now"),
}).meta({ id: "JobDetail" });

/** Answer of a dry run: nothing was stored. */
export const submitPreviewSchema = z.object({
  name: z.string(),
  total: z.number().int(),
  commands: z.array(commandSchema).describe("The first three, filled in"),
  hosts: z.array(z.string()).describe("Where they could run now"),
}).meta({ id: "SubmitPreview" });

export const taskSchema = z.object({
  job_id: z.string(),
  index: z.number().int(),
  state: taskStateSchema,
  attempt: z.number().int(),
  attempts: z.number().int(),
  exit_code: z.number().int().nullable(),
  signal: z.number().int().nullable(),
  reason: z.string().nullable(),
  host: z.string().nullable(),
  parameters: z.record(z.string(), z.string()),
  started_at: timeSchema.nullable(),
  ended_at: timeSchema.nullable(),
}).meta({ id: "Task" });

export const usageSchema = z.object({
  user_cpu_seconds: z.number().nullable(),
  system_cpu_seconds: z.number().nullable(),
  max_memory: z.number().nullable().describe("Bytes"),
  source: z.string().nullable().describe("The meter: cgroup2, cgroup1, times, sampling"),
}).meta({ id: "Usage" });

export const outputFileSchema = z.object({
  src: z.string(),
  size: z.number().int(),
  sha256: z.string(),
  mode: z.number().int(),
}).meta({ id: "OutputFile" });

/** One ended attempt of a task. */
export const attemptSchema = z.object({
  attempt: z.number().int(),
  state: z.enum(["complete", "failed", "killed", "lost"]),
  exit_code: z.number().int().nullable(),
  signal: z.number().int().nullable(),
  reason: z.string().nullable(),
  host: z.string().nullable(),
  started_at: timeSchema.nullable(),
  ended_at: timeSchema.nullable(),
  output: z.object({ size: z.number().int(), sha256: z.string() }).nullable(),
  files: z.array(outputFileSchema),
  usage: usageSchema.nullable(),
}).meta({ id: "Attempt" });

export const taskDetailSchema = taskSchema.extend({
  command: commandSchema.describe("Filled in"),
  attempt_list: z.array(attemptSchema),
}).meta({ id: "TaskDetail" });

/** What a kill did. */
export const killResultSchema = z.object({
  killed: z.number().int().describe("Ended at once: had not begun"),
  stopping: z.number().int().describe("Told to stop now"),
  on_return: z.array(z.object({ host: z.string(), tasks: z.number().int() })).describe(
    "Will be stopped when the host is seen again",
  ),
}).meta({ id: "KillResult" });

export const resetSchema = z.strictObject({
  which: z.enum(["failed", "all"]).default("failed").describe(
    "failed: failed and killed tasks; all: complete ones too",
  ),
  indexes: z.array(z.number().int().positive()).optional(),
}).meta({ id: "Reset" });

export const resetResultSchema = z.object({ reset: z.number().int() }).meta({ id: "ResetResult" });

export const jobPageSchema = pageSchema(jobSchema, "JobPage");
export const taskPageSchema = pageSchema(taskSchema, "TaskPage");

export type SubmitBody = z.input<typeof submitSchema>;
export type JobBody = z.output<typeof jobSchema>;
export type JobDetailBody = z.output<typeof jobDetailSchema>;
export type SubmitPreviewBody = z.output<typeof submitPreviewSchema>;
export type TaskBody = z.output<typeof taskSchema>;
export type TaskDetailBody = z.output<typeof taskDetailSchema>;
export type AttemptBody = z.output<typeof attemptSchema>;
export type KillResultBody = z.output<typeof killResultSchema>;
export type ResetBody = z.input<typeof resetSchema>;
export type ResetResultBody = z.output<typeof resetResultSchema>;
