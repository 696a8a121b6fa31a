import type { z } from "../../core/schema.ts";
import { jobSchema, submitPreviewSchema, submitSchema } from "../../core/api/jobs.ts";
import { compileJob, renderTask } from "../../core/command.ts";
import { MusterError } from "../../core/errors.ts";
import type { JobSpec } from "../../core/job.ts";
import { type ParameterTable, parseParameters } from "../../core/parameters.ts";
import { type CheckedSubmission, specFromSubmit } from "../../core/submission.ts";
import type { SubmitOptions } from "../jobs/queue.ts";
import { fits, needOf, NOTHING } from "../scheduling/capacity.ts";
import { capacityOf, takesWork } from "../scheduling/view.ts";
import { checkNameIsFree } from "../jobs/unique_name.ts";
import { commandBody, jobBody } from "./bodies.ts";
import type { ApiContext } from "./context.ts";
import type { ApiParts } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";

type Submission = z.output<typeof submitSchema>;

/** Largest stored parameter table, in bytes: it is read whole, and a million rows of 200 bytes fit. */
const TABLE_LIMIT_BYTES = 256 * 1024 * 1024;
/** Commands that a dry run shows. */
const SHOWN = 3;

/** `POST /jobs`. */
export function serveSubmit(app: Api, gate: Gate, parts: ApiParts): void {
  serve(app, gate, {
    method: "post",
    path: "/api/v1/jobs",
    tag: "jobs",
    summary: "Submit a job; with `dry_run`, check it and answer what would run",
    role: "submit",
    stores: true,
    body: submitSchema,
    answers: [
      { status: 201, description: "It is stored", schema: jobSchema },
      { status: 200, description: "A dry run: nothing is stored", schema: submitPreviewSchema },
    ],
  }, async (c, { body }) => {
    const table = await storedTable(parts, body);
    const { spec, rows } = found(parts, specFromSubmit(body, table));
    const uniqueName = body.name !== undefined;
    if (!body.dry_run) return await store(c, parts, { spec, rows }, { uniqueName });
    if (uniqueName) parts.store.read((db) => checkNameIsFree(db, spec.name));
    return c.json(preview(parts, spec, rows));
  });
}

/** The answer is recorded in the transaction that makes the job, so that a repeated request never makes two. */
async function store(
  c: ApiContext,
  { queue }: ApiParts,
  { spec, rows }: CheckedSubmission,
  options: Pick<SubmitOptions, "uniqueName">,
) {
  const receipt = c.get("receipt");
  const job = await queue.submit(spec, rows, c.get("caller").tokenId, {
    ...options,
    also: (db, job) => receipt?.record(db, 201, JSON.stringify(jobBody(job, null))),
  });
  c.header("location", `/api/v1/jobs/${job.id}`);
  return c.json(jobBody(job, queue.waitingFor(job.id)), 201);
}

/** The table of a submission that names a blob. */
async function storedTable({ blobs }: ApiParts, { parameters }: Submission): Promise<ParameterTable | null> {
  if (parameters === undefined || !("blob" in parameters)) return null;
  const { blob, format } = parameters;
  const size = blobs.size(blob);
  if (size === null) {
    throw new MusterError("InvalidInput", `Cannot submit: the parameters' blob "${blob}" is not stored`, {
      hint: `Send it first: PUT /api/v1/blobs/${blob}`,
    });
  }
  if (size > TABLE_LIMIT_BYTES) {
    throw new MusterError(
      "TooLarge",
      `Cannot submit: the parameter table is larger than ${TABLE_LIMIT_BYTES} bytes`,
    );
  }
  const bytes = await new Response(await blobs.open(blob)).bytes();
  return parseParameters(bytes, format, "parameters");
}

/** The submission with the jobs of `after` by their ids, and its hosts known. */
function found({ jobs, hosts }: ApiParts, { spec, rows }: CheckedSubmission): CheckedSubmission {
  const after = spec.after.map(({ jobId, when }) => ({ jobId: jobs.find(jobId).id, when }));
  const known = new Set(hosts.list().map(({ name }) => name));
  const unknown = spec.on?.find((name) => !known.has(name));
  if (unknown === undefined) return { spec: { ...spec, after }, rows };
  throw new MusterError("InvalidInput", `Cannot submit job "${spec.name}": there is no host "${unknown}"`, {
    hint: known.size === 0
      ? "There are no hosts yet: `muster agent start`"
      : `Known hosts: ${[...known].join(", ")}`,
  });
}

function preview({ fleet }: ApiParts, spec: JobSpec, rows: CheckedSubmission["rows"]) {
  const compiled = compileJob(spec);
  const commands = Array.from(
    { length: Math.min(SHOWN, spec.total) },
    (_, at) => commandBody(renderTask(compiled, at + 1, rows?.[at] ?? null).command),
  );
  const need = needOf(spec.resources);
  const hosts = fleet.connected().filter((host) =>
    takesWork(host) && (spec.on === null || spec.on.includes(host.name)) &&
    fits(need, NOTHING, capacityOf(host))
  );
  return { name: spec.name, total: spec.total, commands, hosts: hosts.map(({ name }) => name) };
}
