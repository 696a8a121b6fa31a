import { Agent, request as httpsRequest } from "node:https";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Address } from "./client.ts";
import { bare, ConnectionLost, type Transport, type TransportRequest, words } from "./transport.ts";

/** HTTPS that accepts only the fleet's authority and exactly the controller's name, whatever address is dialled. */
export function tlsTransport(address: Extract<Address, { kind: "https" }>): Transport {
  const url = new URL(address.url);
  const agent = new Agent({
    keepAlive: true,
    ca: address.ca,
    servername: address.serverName,
    minVersion: "TLSv1.3",
  });
  return {
    send: (request) => send(request, { url, agent, address }),
    close: () => agent.destroy(),
  };
}

interface Target {
  readonly url: URL;
  readonly agent: Agent;
  readonly address: Extract<Address, { kind: "https" }>;
}

function send({ method, path, headers, body, signal }: TransportRequest, target: Target): Promise<Response> {
  const { url, agent, address } = target;
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) =>
      reject(signal?.aborted ? signal.reason : new ConnectionLost(words(cause), { cause }));
    const outgoing = httpsRequest({
      agent,
      method,
      path,
      host: bare(url.hostname),
      port: url.port === "" ? 443 : Number(url.port),
      servername: address.serverName,
      headers: { ...headers, host: url.host, authorization: `Bearer ${address.token}` },
      ...(signal === undefined ? {} : { signal }),
    }, (incoming) => resolve(responseOf(incoming, method)));
    outgoing.on("error", failed);
    if (body === undefined || typeof body === "string") outgoing.end(body);
    else pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), outgoing).catch(failed);
  });
}

function responseOf(incoming: IncomingMessage, method: string): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const status = incoming.statusCode ?? 500;
  const isEmpty = method === "HEAD" || status === 204 || status === 304;
  if (isEmpty) incoming.resume();
  const body = isEmpty ? null : ReadableStream.from(incoming as AsyncIterable<Uint8Array>);
  return new Response(body, { status, headers });
}
