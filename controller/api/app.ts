import { OpenAPIHono } from "@hono/zod-openapi";
import { MusterError } from "../../core/errors.ts";
import { createIdempotency } from "../store/idempotency.ts";
import { serveBlobs } from "./blobs.ts";
import type { ApiContext, ApiEnv } from "./context.ts";
import { serveDocs } from "./docs.ts";
import { answerError, errorResponse } from "./errors.ts";
import { serveEvents } from "./events.ts";
import { serveFiles } from "./files.ts";
import { serveHosts } from "./hosts.ts";
import { serveJobs } from "./jobs.ts";
import { serveLogs } from "./logs.ts";
import { createMetrics } from "./metrics.ts";
import { authenticate } from "./middleware/authenticate.ts";
import { guardBrowser } from "./middleware/guard_browser.ts";
import { createOnce } from "./middleware/idempotent.ts";
import { secureHeaders } from "./middleware/secure_headers.ts";
import type { ApiParts } from "./parts.ts";
import type { Api, Gate } from "./route.ts";
import { serveStatus } from "./status.ts";
import { serveSubmit } from "./submit.ts";
import { serveTasks } from "./tasks.ts";
import { serveTokens } from "./tokens.ts";

/**
 * The HTTP API. Give `fetch` (or `request`, in tests) a `Connection` as its environment: without one every request
 * is misdirected. A path is let in with a token before anything else is looked at, so a route that is added later
 * is closed until it says its role.
 */
export function createApp(parts: ApiParts): Api {
  const app = new OpenAPIHono<ApiEnv>();
  const gate: Gate = {
    once: createOnce({ store: parts.store, idempotency: createIdempotency(parts) }),
    refusing: parts.refusing,
  };
  const metrics = createMetrics(parts);
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  app.onError((error, c) => answerError(c, error, parts.log));
  app.notFound((c) => unknownRoute(app, c));
  app.use(metrics.measure, secureHeaders(), guardBrowser(), authenticate(parts));
  serveSubmit(app, gate, parts);
  serveJobs(app, gate, parts);
  serveTasks(app, gate, parts);
  serveLogs(app, gate, parts);
  serveFiles(app, gate, parts);
  serveBlobs(app, gate, parts);
  serveHosts(app, gate, parts);
  serveTokens(app, gate, parts);
  serveEvents(app, gate, parts);
  serveStatus(app, gate, parts);
  metrics.serve(app, gate);
  serveDocs(app, gate, parts);
  return app;
}

/** 405 with the methods that the path has, else 404. */
function unknownRoute(app: Api, c: ApiContext): Response {
  const allowed = app.routes.filter(({ method, path }) => method !== "ALL" && matches(path, c.req.path))
    .map(({ method }) => method);
  const what = `Cannot ${c.req.method} ${c.req.path}`;
  if (allowed.length === 0) {
    const error = new MusterError("NotFound", `${what}: there is no such route`, {
      hint: "See /openapi.json",
    });
    return errorResponse(error, 404, crypto.randomUUID());
  }
  const allow = [...new Set(allowed)].join(", ");
  const error = new MusterError("InvalidInput", `${what}: this route takes ${allow}`);
  return errorResponse(error, 405, crypto.randomUUID(), { allow });
}

function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  return wanted.length === given.length &&
    wanted.every((part, at) => part.startsWith(":") || part === given[at]);
}
