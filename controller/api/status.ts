import { healthSchema, type StatusBody, statusSchema } from "../../core/api/fleet.ts";
import { readTotals } from "../store/totals.ts";
import type { ApiParts } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";

/** `/healthz`, `status` and `shutdown`. */
export function serveStatus(app: Api, gate: Gate, parts: ApiParts): void {
  serve(app, gate, {
    method: "get",
    path: "/healthz",
    tag: "controller",
    summary: "Whether the controller answers",
    role: null,
    answers: [{ status: 200, description: "It does", schema: healthSchema }],
  }, (c) => c.json({ ok: true, version: parts.about.version }));

  serve(app, gate, {
    method: "get",
    path: "/api/v1/status",
    tag: "controller",
    summary: "The controller about itself",
    role: "read",
    answers: [{ status: 200, description: "Its state", schema: statusSchema }],
  }, (c) => c.json(statusBody(parts)));

  serve(app, gate, {
    method: "post",
    path: "/api/v1/shutdown",
    tag: "controller",
    summary: "Stop the controller; tasks go on where they run",
    role: "owner",
    answers: [{ status: 202, description: "It is stopping" }],
  }, (c) => {
    parts.shutdown();
    return c.body(null, 202);
  });
}

function statusBody({ about, clock, queue, hosts, store, refusing }: ApiParts): StatusBody {
  const states = hosts.list().map(({ state }) => state);
  const count = (state: string) => states.filter((each) => each === state).length;
  return {
    version: about.version,
    fleet: about.fleet,
    pid: Deno.pid,
    url: about.url(),
    agents_at: about.agentsAt(),
    started_at: new Date(about.startedAt).toISOString(),
    uptime: Math.max(0, (clock.now() - about.startedAt) / 1000),
    epoch: queue.epoch,
    hosts: { ready: count("ready"), away: count("away"), lost: count("lost") },
    ...store.read(readTotals),
    refusing: refusing(),
    starts_at_boot: about.startsAtBoot(),
    ca_fingerprint: about.fingerprint,
  };
}
