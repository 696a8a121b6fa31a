import { MusterError } from "../../core/errors.ts";
import { taskDetailSchema, taskPageSchema } from "../../core/api/jobs.ts";
import { tasksQuerySchema } from "../../core/api/queries.ts";
import type { Job } from "../../core/job.ts";
import { attemptBody, commandBody, taskBody } from "./bodies.ts";
import { commandFiller } from "./filled_command.ts";
import type { ApiContext } from "./context.ts";
import type { ApiParts, TaskRecord } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";

/** `jobs/{job}/tasks`. */
export function serveTasks(app: Api, gate: Gate, { jobs, hosts }: ApiParts): void {
  serve(app, gate, {
    method: "get",
    path: "/api/v1/jobs/{job}/tasks",
    tag: "tasks",
    summary: "List a job's tasks by index",
    role: "read",
    query: tasksQuerySchema,
    answers: [{ status: 200, description: "A page of tasks", schema: taskPageSchema }],
  }, (c, { query }) => {
    const job = jobs.find(c.req.param("job")!);
    const page = jobs.tasks(job.id, query);
    const items = page.items.map((record) => taskBody(record, job.spec.columns, hosts.nameOf));
    return c.json({ items, next_cursor: page.next });
  });

  serve(app, gate, {
    method: "get",
    path: "/api/v1/jobs/{job}/tasks/{index}",
    tag: "tasks",
    summary: "Show a task and its ended attempts",
    role: "read",
    answers: [{ status: 200, description: "The task", schema: taskDetailSchema }],
  }, (c) => {
    const { job, record } = namedTask(c, jobs);
    return c.json({
      ...taskBody(record, job.spec.columns, hosts.nameOf),
      command: commandBody(commandFiller(job.spec)(record)),
      attempt_list: jobs.attempts(job.id, record.task.index).map((attempt) =>
        attemptBody(attempt, hosts.nameOf)
      ),
    });
  });
}

/** The task that `{job}` and `{index}` name. Throws `NotFound`, `InvalidInput`. */
export function namedTask(c: ApiContext, jobs: ApiParts["jobs"]): { job: Job; record: TaskRecord } {
  const job = jobs.find(c.req.param("job")!);
  const word = c.req.param("index")!;
  if (!/^[1-9]\d{0,8}$/.test(word)) {
    throw new MusterError(
      "InvalidInput",
      `Cannot show task "${word}": a task is named by its number, from 1`,
    );
  }
  const record = jobs.task(job.id, Number(word));
  if (record !== null) return { job, record };
  throw new MusterError(
    "NotFound",
    `Cannot show task ${word} of job "${job.spec.name}": it has tasks 1 to ${job.spec.total}`,
  );
}
