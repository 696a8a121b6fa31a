import type { MiddlewareHandler } from "hono";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { HostState } from "../../core/host.ts";
import { readTotals } from "../store/totals.ts";
import type { ApiEnv } from "./context.ts";
import type { ApiParts, HostRecord } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";

/** Buckets of a commit: 1 ms on a fast disk, tens on a slow one, more when it is in trouble. */
const COMMIT_SECONDS = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 4];

/** Buckets of an answer, which may wait for a commit. */
const ANSWER_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

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
    buckets: ANSWER_SECONDS,
    registers: [registry],
  });
  const commits = new Histogram({
    name: "muster_commit_duration_seconds",
    help: "Seconds of a commit, from asking for its first change until all of it was durable",
    buckets: COMMIT_SECONDS,
    registers: [registry],
  });
  parts.store.onCommit((each) => commits.observe(each));
  addFleetFigures(registry, parts);
  addCounters(registry, parts);
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
function addFleetFigures(registry: Registry, { store, hosts, fleet, about, refusing }: ApiParts): void {
  addGauge(
    registry,
    "muster_jobs",
    "Jobs that are stored, by state",
    "state",
    () => store.read(readTotals).jobs,
  );
  addGauge(
    registry,
    "muster_tasks",
    "Tasks of jobs that have not ended, by state",
    "state",
    () => store.read(readTotals).tasks,
  );
  addGauge(
    registry,
    "muster_hosts",
    "Hosts of the fleet, by state",
    "state",
    () => countStates(hosts.list()),
  );
  addGauge(registry, "muster_sessions", "Agents whose session is open", null, () => fleet.connected().length);
  addGauge(
    registry,
    "muster_refusing",
    "1 while submissions and uploads are refused, else 0",
    null,
    () => refusing() === null ? 0 : 1,
  );
  addGauge(registry, "muster_build_info", "1, labelled with the version that runs", "version", () => ({
    [about.version]: 1,
  }));
  addGauge(
    registry,
    "muster_start_time_seconds",
    "Unix time at which the controller started",
    null,
    () => about.startedAt / 1000,
  );
  addGauge(
    registry,
    "muster_resident_memory_bytes",
    "Resident memory of the controller",
    null,
    () => Deno.memoryUsage().rss,
  );
}

function countStates(hosts: readonly HostRecord[]): Figures {
  const counts: Partial<Record<HostState, number>> = { ready: 0, away: 0, draining: 0, lost: 0 };
  for (const { state } of hosts) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** What was done since the start. */
function addCounters(registry: Registry, { queue, fleet }: ApiParts): void {
  addCounter(
    registry,
    "muster_tasks_ended_total",
    "Tasks that came to an end, by the state they ended in",
    "state",
    () => queue.tally().tasksEnded,
  );
  addCounter(
    registry,
    "muster_reports_total",
    "What hosts reported of attempts: recorded; stale, as the attempt is no longer theirs; incomplete, as files are still to come",
    "result",
    () => queue.tally().reports,
  );
  addCounter(
    registry,
    "muster_sessions_total",
    "Sessions that agents began",
    null,
    () => fleet.sessionsBegun(),
  );
}

type Figures = Readonly<Partial<Record<string, number>>>;
type Read = () => number | Figures;

function addGauge(registry: Registry, name: string, help: string, label: string | null, read: Read): void {
  new Gauge({
    ...described(registry, name, help, label),
    collect() {
      this.reset();
      for (const [labels, figure] of labelled(label, read())) this.set(labels, figure);
    },
  });
}

function addCounter(registry: Registry, name: string, help: string, label: string | null, read: Read): void {
  new Counter({
    ...described(registry, name, help, label),
    collect() {
      this.reset();
      for (const [labels, figure] of labelled(label, read())) this.inc(labels, figure);
    },
  });
}

function described(registry: Registry, name: string, help: string, label: string | null) {
  return { name, help, labelNames: label === null ? [] : [label], registers: [registry] };
}

function labelled(label: string | null, read: number | Figures): [Record<string, string>, number][] {
  if (typeof read === "number" || label === null) return [[{}, Number(read)]];
  return Object.entries(read).map(([value, figure]) => [{ [label]: value }, figure ?? 0]);
}
