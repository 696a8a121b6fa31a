import { MusterError } from "../../core/errors.ts";
import { enrolledSchema, enrollSchema, hostPageSchema, hostSchema } from "../../core/api/fleet.ts";
import { listQuerySchema } from "../../core/api/queries.ts";
import { hostBody } from "./bodies.ts";
import type { ApiParts, HostRecord } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";

/** `hosts`. */
export function serveHosts(app: Api, gate: Gate, { hosts, placement }: ApiParts): void {
  const body = (host: HostRecord) => hostBody(host, placement.countOn(host.id));

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
  }, (c) => {
    const word = c.req.param("host")!;
    const host = hosts.list().find(({ id, name }) => id === word || name === word);
    if (host !== undefined) return c.json(body(host));
    throw new MusterError("NotFound", `Cannot show host "${word}": there is no such host`);
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

function byName(hosts: readonly HostRecord[]): HostRecord[] {
  return hosts.toSorted((a, b) => a.name < b.name ? -1 : 1);
}
