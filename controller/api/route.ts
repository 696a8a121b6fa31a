import type { OpenAPIHono } from "@hono/zod-openapi";
import { MusterError } from "../../core/errors.ts";
import { errorSchema } from "../../core/api/common.ts";
import { z } from "../../core/schema.ts";
import type { Role } from "../../core/api/fleet.ts";
import type { ApiContext, ApiEnv } from "./context.ts";
import { parseJson, readBody } from "./middleware/read_body.ts";
import { requireRole } from "./middleware/require_role.ts";
import type { Once } from "./middleware/idempotent.ts";
import { wrongShape } from "./wrong_shape.ts";

export type Api = OpenAPIHono<ApiEnv>;

/** What a route answers when all went well. */
export interface Answer {
  readonly status: 200 | 201 | 202 | 204;
  readonly description: string;
  /** JSON of this shape; of a stream of events, the `data` of each. */
  readonly schema?: z.ZodType;
  /** Default: JSON where there is a schema, else no content. */
  readonly contentType?: string;
}

/** One operation: all that its document, its checks and its handler need. */
export interface Operation<Q extends z.ZodType, B extends z.ZodType> {
  readonly method: "get" | "post" | "put" | "delete";
  /** As in OpenAPI: `/api/v1/jobs/{job}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** Least role of the caller; null: anybody, without a token. */
  readonly role: Role | null;
  readonly query?: Q;
  /** A JSON body, read whole, up to 64 MiB. */
  readonly body?: B;
  /** An empty body stands for `{}`. */
  readonly bodyIsOptional?: boolean;
  /** The kind of a body that the handler streams itself. */
  readonly streams?: string;
  /** Refused (507) while the controller's disk is nearly full. */
  readonly stores?: boolean;
  /** False: an Idempotency-Key is ignored, because the answer holds a secret that must not be kept. Default true for JSON bodies. */
  readonly keepsAnswer?: boolean;
  readonly answers: readonly Answer[];
}

export interface Input<Q extends z.ZodType, B extends z.ZodType> {
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
}

type Handler<Q extends z.ZodType, B extends z.ZodType> = (
  c: ApiContext,
  input: Input<Q, B>,
) => Response | Promise<Response>;

/** What every operation's checks need. */
export interface Gate {
  readonly once: Once;
  /** Why nothing more may be stored, in words. */
  refusing(): string | null;
}

/** Adds the operation to the app and to its OpenAPI document. */
export function serve<Q extends z.ZodType, B extends z.ZodType>(
  app: Api,
  gate: Gate,
  operation: Operation<Q, B>,
  handle: Handler<Q, B>,
): void {
  app.openAPIRegistry.registerPath(document(operation));
  app.on(operation.method.toUpperCase(), operation.path.replaceAll(/\{(\w+)\}/g, ":$1"), async (c) => {
    c.set("route", operation.path);
    if (operation.role !== null) requireRole(c, operation.role);
    if (operation.stores === true) checkSpace(c, gate.refusing());
    const query = readQuery(c, operation.query) as z.output<Q>;
    if (operation.body === undefined) return await handle(c, { query, body: undefined as z.output<B> });
    const bytes = await readBody(c);
    const body = readShape(c, operation.body, parseJson(c, bytes, operation.bodyIsOptional === true));
    const answer = async () => await handle(c, { query, body });
    return operation.keepsAnswer === false ? await answer() : await gate.once(c, bytes, answer);
  });
}

function checkSpace(c: ApiContext, refusing: string | null): void {
  if (refusing === null) return;
  throw new MusterError("OutOfSpace", `Cannot ${c.req.method} ${c.req.path}: ${refusing}`, {
    hint: "Free disk space on the controller's machine; it takes work again by itself",
  });
}

const noQuery = z.strictObject({});

function readQuery(c: ApiContext, schema: z.ZodType | undefined): unknown {
  const result = (schema ?? noQuery).safeParse(c.req.query());
  if (result.success) return result.data;
  throw new MusterError(
    "InvalidInput",
    `Cannot ${c.req.method} ${c.req.path}: ${wrongShape(result.error, "query parameter")}`,
  );
}

function readShape<B extends z.ZodType>(c: ApiContext, schema: B, value: unknown): z.output<B> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new MusterError(
    "InvalidInput",
    `Cannot read the body of ${c.req.method} ${c.req.path}: ${wrongShape(result.error)}`,
  );
}

type Document = Parameters<Api["openAPIRegistry"]["registerPath"]>[0];

function document(operation: Operation<z.ZodType, z.ZodType>): Document {
  const { method, path, summary, tag, role, query, body, streams } = operation;
  const content = body !== undefined
    ? { "application/json": { schema: body } }
    : streams !== undefined
    ? { [streams]: { schema: { type: "string", format: "binary" } as const } }
    : undefined;
  return {
    method,
    path,
    summary,
    tags: [tag],
    parameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name: name!,
      in: "path",
      required: true,
      schema: { type: "string" },
    })),
    security: role === null ? [] : [{ bearer: [role] }],
    request: {
      ...(query === undefined ? {} : { query: query as z.ZodObject }),
      ...(content === undefined ? {} : { body: { required: operation.bodyIsOptional !== true, content } }),
    },
    responses: {
      ...Object.fromEntries(operation.answers.map((answer) => [answer.status, documentAnswer(answer)])),
      default: {
        description: "What stood in the way",
        content: { "application/json": { schema: errorSchema } },
      },
    },
  } as Document;
}

function documentAnswer({ description, schema, contentType }: Answer) {
  if (schema === undefined && contentType === undefined) return { description };
  const shape = schema ?? { type: "string", format: "binary" } as const;
  return { description, content: { [contentType ?? "application/json"]: { schema: shape } } };
}
