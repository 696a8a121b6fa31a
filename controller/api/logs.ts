import { MusterError } from "../../core/errors.ts";
import { logQuerySchema } from "../../core/api/queries.ts";
import type { Job } from "../../core/job.ts";
import type { ApiContext } from "./context.ts";
import { openTaskLog } from "./open_task_log.ts";
import type { ApiParts } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";
import { namedTask } from "./tasks.ts";

/** What a task printed may be a page that attacks: a browser saves it and runs nothing of it. */
export const FOREIGN_CONTENT_HEADERS = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox",
} as const;

/** `jobs/{job}/tasks/{index}/log`. */
export function serveLogs(app: Api, gate: Gate, parts: ApiParts): void {
  serve(app, gate, {
    method: "get",
    path: "/api/v1/jobs/{job}/tasks/{index}/log",
    tag: "tasks",
    summary: "Output of an attempt, both streams merged",
    role: "read",
    query: logQuerySchema,
    answers: [{ status: 200, description: "The bytes as they were printed", contentType: "text/plain" }],
  }, async (c, { query }) => {
    const { job, record } = namedTask(c, parts.jobs);
    const { index } = record.task;
    checkAttempt(job, index, record.task.attempt, query.attempt);
    const log = await openTaskLog(parts, job.id, index, { ...query, signal: endOf(c) });
    return new Response(log, {
      headers: {
        ...FOREIGN_CONTENT_HEADERS,
        "content-type": "text/plain; charset=utf-8",
        "content-disposition": `attachment; filename="${job.spec.name}-${index}.txt"`,
      },
    });
  });
}

function checkAttempt(job: Job, index: number, newest: number, asked: number | undefined): void {
  if (asked === undefined || asked <= newest) return;
  const has = newest === 0 ? "it has had none" : `its newest is ${newest}`;
  throw new MusterError(
    "NotFound",
    `Cannot show attempt ${asked} of task ${index} of job "${job.spec.name}": ${has}`,
  );
}

function endOf(c: ApiContext): AbortSignal {
  const { signal } = c.req.raw;
  return AbortSignal.any([signal, c.env.stopping]);
}
