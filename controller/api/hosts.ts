import { MusterError } from "../../core/errors.ts";
import {
  enrolledSchema,
  enrollSchema,
  hostPageSchema,
  hostSampleSchema,
  hostSchema,
} from "../../core/api/fleet.ts";
import { listQuerySchema } from "../../core/api/queries.ts";
import { nearest } from "../../core/suggest.ts";
import { hostBody } from "./bodies.ts";
import { eventStream } from "./event_stream.ts";
import type { ApiParts, HostRecord } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";
import { watchedSamples } from "./samples.ts";

/** `hosts`. */
export function serveHosts(app: Api, gate: Gate, { hosts, queue, fleet }: ApiParts): void {
  const body = (host: HostRecord) => hostBody(host, queue.countOn(host.id));

  serve(app, gate, {
    method: "get",
    path: "/api/v1/hosts",
    tag: "hosts",
    summary: "List hosts by name",
    role: "read",
    query: listQuerySchema,
    answers: [{ status: 200, description: "A page of hosts", schema: hostPageSchema }],
  }, (c, { query }) => {
    const rest = byName(hosts.list()).filter(({ name }) => query.cursor === undefined || name > query.cursor);
    const items = rest.slice(0, query.limit);
    return c.json({
      items: items.map(body),
      next_cursor: rest.length > items.length ? items.at(-1)!.name : null,
    });
  });

  serve(app, gate, {
    method: "get",
    path: "/api/v1/hosts/{host}",
    tag: "hosts",
    summary: "Show a host; `{host}` is its id or name",
    role: "read",
    answers: [{ status: 200, description: "The host", schema: hostSchema }],
  }, (c) => c.json(body(findHost(hosts.list(), c.req.param("host")!))));

  serve(app, gate, {
    method: "get",
    path: "/api/v1/hosts/{host}/samples",
    tag: "hosts",
    summary: "What the host uses, one sample a second; waits while it is away",
    role: "read",
    answers: [{
      status: 200,
      description: "Server-sent events `sample`, each a HostSample",
      contentType: "text/event-stream",
      schema: hostSampleSchema,
    }],
  }, (c) => {
    const { id } = findHost(hosts.list(), c.req.param("host")!);
    return eventStream(c, (signal) => watchedSamples({ fleet }, id, signal));
  });

  serve(app, gate, {
    method: "post",
    path: "/api/v1/hosts/enroll",
    tag: "hosts",
    summary: "Give a new or returning host its certificate",
    role: "owner",
    body: enrollSchema,
    answers: [{ status: 200, description: "Its identity", schema: enrolledSchema }],
  }, async (c, { body }) => c.json(await hosts.enroll(body)));
}

/** By id, else by name. Throws `NotFound` with the nearest name as hint. */
function findHost(hosts: readonly HostRecord[], word: string): HostRecord {
  const host = hosts.find(({ id }) => id === word) ?? hosts.find(({ name }) => name === word);
  if (host !== undefined) return host;
  const near = nearest(word, hosts.map(({ name }) => name));
  throw new MusterError("NotFound", `Cannot find host "${word}": the fleet has no host of this id or name`, {
    hint: near === undefined ? "muster host list shows the hosts" : `Did you mean "${near}"?`,
  });
}

function byName(hosts: readonly HostRecord[]): HostRecord[] {
  return hosts.toSorted((a, b) => a.name < b.name ? -1 : 1);
}
