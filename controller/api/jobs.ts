import {
  jobDetailSchema,
  jobPageSchema,
  jobSchema,
  killResultSchema,
  resetResultSchema,
  resetSchema,
} from "../../core/api/jobs.ts";
import { jobsQuerySchema, killSchema } from "../../core/api/queries.ts";
import { jobBody, jobDetailBody } from "./bodies.ts";
import type { ApiContext } from "./context.ts";
import { eventStream } from "./event_stream.ts";
import type { ApiParts } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";
import { watchedJob } from "./watch.ts";

/** `jobs` but for their submission. */
export function serveJobs(app: Api, gate: Gate, parts: ApiParts): void {
  const { queue, jobs, hosts } = parts;
  const named = (c: ApiContext) => jobs.find(c.req.param("job")!);

  serve(app, gate, {
    method: "get",
    path: "/api/v1/jobs",
    tag: "jobs",
    summary: "List jobs, newest first",
    role: "read",
    query: jobsQuerySchema,
    answers: [{ status: 200, description: "A page of jobs", schema: jobPageSchema }],
  }, (c, { query }) => {
    const page = jobs.list(query);
    const items = page.items.map((job) => jobBody(job, queue.waitingFor(job.id)));
    return c.json({ items, next_cursor: page.next });
  });

  serve(app, gate, {
    method: "get",
    path: "/api/v1/jobs/{job}",
    tag: "jobs",
    summary: "Show a job; `{job}` is an id, a name (its newest job), a unique prefix, or `last`",
    role: "read",
    answers: [{ status: 200, description: "The job", schema: jobDetailSchema }],
  }, (c) => {
    const job = named(c);
    const names = queue.hostsOf(job.id).map((id) => hosts.nameOf(id) ?? id);
    return c.json(jobDetailBody(job, queue.waitingFor(job.id), names));
  });

  serve(app, gate, {
    method: "delete",
    path: "/api/v1/jobs/{job}",
    tag: "jobs",
    summary: "Forget an ended job",
    role: "submit",
    answers: [{ status: 204, description: "It is forgotten" }],
  }, async (c) => {
    await queue.remove(named(c).id);
    return c.body(null, 204);
  });

  serve(app, gate, {
    method: "post",
    path: "/api/v1/jobs/{job}/kill",
    tag: "jobs",
    summary: "End a job's tasks, or some of them",
    role: "submit",
    body: killSchema,
    bodyIsOptional: true,
    answers: [{ status: 200, description: "What was stopped", schema: killResultSchema }],
  }, async (c, { body }) => {
    const outcome = await queue.kill(named(c).id, body.indexes);
    const onReturn = outcome.onReturn.map(({ hostId, tasks }) => ({
      host: hosts.nameOf(hostId) ?? hostId,
      tasks,
    }));
    return c.json({ killed: outcome.killed, stopping: outcome.stopping, on_return: onReturn });
  });

  serve(app, gate, {
    method: "post",
    path: "/api/v1/jobs/{job}/reset",
    tag: "jobs",
    summary: "Put ended tasks back to pending",
    role: "submit",
    body: resetSchema,
    bodyIsOptional: true,
    answers: [{ status: 200, description: "How many tasks will run again", schema: resetResultSchema }],
  }, async (c, { body }) => {
    return c.json({ reset: await queue.reset(named(c).id, body.which, body.indexes) });
  });

  serve(app, gate, {
    method: "get",
    path: "/api/v1/jobs/{job}/watch",
    tag: "jobs",
    summary: "The job now, after each change (at most ten a second), and when it has ended",
    role: "read",
    answers: [{
      status: 200,
      description: "Server-sent events `job`",
      contentType: "text/event-stream",
      schema: jobSchema,
    }],
  }, (c) => {
    const job = named(c);
    return eventStream(c, (signal) => watchedJob(parts, job, signal));
  });
}
