import type { MiddlewareHandler } from "hono";
import { Gauge, Histogram, Registry } from "prom-client";
import { readTotals } from "../store/totals.ts";
import type { ApiEnv } from "./context.ts";
import type { ApiParts } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Measures what the API answers, and serves it with the fleet's figures at `/metrics`. */
export interface Metrics {
  /** Notes the seconds until an answer's headers, by route, method and status. */
  readonly measure: MiddlewareHandler<ApiEnv>;
  serve(app: Api, gate: Gate): void;
}

export function createMetrics(parts: ApiParts): Metrics {
  const registry = new Registry();
  const seconds = new Histogram({
    name: "muster_http_request_duration_seconds",
    help: "Seconds until the headers of an answer",
    labelNames: ["method", "route", "status"],
    buckets: SECONDS,
    registers: [registry],
  });
  addFleetFigures(registry, parts);
  return {
    async measure(c, next) {
      const begun = performance.now();
      await next();
      // Paths that no route has are one label, whatever a scanner asks for.
      const route = c.get("route") ?? "none";
      seconds.observe(
        { method: c.req.method, route, status: c.res.status },
        (performance.now() - begun) / 1000,
      );
    },
    serve(app, gate) {
      serve(app, gate, {
        method: "get",
        path: "/metrics",
        tag: "controller",
        summary: "Figures for Prometheus",
        role: "read",
        answers: [{ status: 200, description: "Prometheus' text format", contentType: "text/plain" }],
      }, async () => {
        return new Response(await registry.metrics(), { headers: { "content-type": registry.contentType } });
      });
    },
  };
}

/** Read when they are asked for. */
function addFleetFigures(registry: Registry, parts: ApiParts): void {
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  gauge("muster_jobs", "Jobs by state", ["state"], (jobs) => {
    const totals = parts.store.read(readTotals);
    for (const [state, count] of Object.entries(totals.jobs)) jobs.set({ state }, count);
  });
  gauge("muster_tasks", "Tasks of unfinished jobs by state", ["state"], (tasks) => {
    const totals = parts.store.read(readTotals);
    for (const [state, count] of Object.entries(totals.tasks)) tasks.set({ state }, count);
  });
  gauge("muster_hosts", "Hosts by state", ["state"], (hosts) => {
    for (const { state } of parts.hosts.list()) hosts.inc({ state });
  });
  gauge("muster_refusing", "1 while submissions are refused", [], (refusing) => {
    refusing.set(parts.refusing() === null ? 0 : 1);
  });
  gauge("muster_resident_memory_bytes", "Resident memory of the controller", [], (memory) => {
    memory.set(Deno.memoryUsage().rss);
  });
  addCommitLatency(registry, parts);
}

function addCommitLatency(registry: Registry, parts: ApiParts): void {
  if (parts.takeCommitSeconds === undefined) return;
  new Histogram({
    name: "muster_commit_duration_seconds",
    help: "Seconds from asking for a commit until it is durable",
    buckets: SECONDS,
    registers: [registry],
    collect() {
      for (const seconds of parts.takeCommitSeconds?.() ?? []) this.observe(seconds);
    },
  });
}
