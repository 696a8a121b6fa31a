import { type ErrorCode, MusterError } from "../../core/errors.ts";
import type { Address } from "./client.ts";
import { ConnectionLost, type Transport, transportOf, type TransportRequest } from "./transport.ts";

/** Requests whose failures are `MusterError`s. */
export interface Calls {
  /** JSON in, JSON out. */
  json<T>(request: CallRequest): Promise<T>;
  /** Any answer; the caller reads its body. */
  open(request: CallRequest): Promise<Response>;
  /** `open`, but leaves a lost connection as `ConnectionLost`, for callers that try again. */
  tryOpen(request: CallRequest): Promise<Response>;
  /** The error that stands for a lost connection. */
  unreachable(cause: ConnectionLost): MusterError;
  close(): void;
}

export interface CallRequest extends Partial<Pick<TransportRequest, "method" | "headers" | "signal">> {
  /** After `/api/v1`; starts with `/`. A path outside it starts with `//`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly stream?: ReadableStream<Uint8Array>;
}

export function createCalls(address: Address): Calls {
  const transport = transportOf(address);
  const unreachable = (cause: ConnectionLost) => unreachableError(address, cause);
  const tryOpen = async (request: CallRequest) => await checked(await send(transport, request));
  const open = async (request: CallRequest) => {
    try {
      return await tryOpen(request);
    } catch (error) {
      throw error instanceof ConnectionLost ? unreachable(error) : error;
    }
  };
  return {
    open,
    tryOpen,
    unreachable,
    async json<T>(request: CallRequest) {
      const response = await open(request);
      try {
        return response.status === 204 ? undefined as T : await response.json() as T;
      } catch (cause) {
        request.signal?.throwIfAborted();
        throw unreachable(new ConnectionLost("the answer was cut off", { cause }));
      }
    },
    close: () => transport.close(),
  };
}

function send(transport: Transport, request: CallRequest): Promise<Response> {
  const { method = "GET", path, query, body, stream, headers = {}, signal } = request;
  const isJson = body !== undefined;
  const content = isJson ? JSON.stringify(body) : stream;
  return transport.send({
    method,
    path: `${path.startsWith("//") ? path.slice(1) : `/api/v1${path}`}${queryText(query)}`,
    headers: { accept: "*/*", ...(isJson ? { "content-type": "application/json" } : {}), ...headers },
    ...(content === undefined ? {} : { body: content }),
    signal,
  });
}

function queryText(query: CallRequest["query"]): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  return pairs.length === 0
    ? ""
    : `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text().catch(() => "");
  throw errorOf(response.status, text);
}

/** The controller's error; an answer that is none of ours (a proxy's, another program's) is `Unreachable`. */
function errorOf(status: number, text: string): MusterError {
  try {
    const { code, message, hint } = JSON.parse(text).error as {
      code: ErrorCode;
      message: string;
      hint?: string;
    };
    if (typeof code === "string" && typeof message === "string") {
      return new MusterError(code, message, hint === undefined ? {} : { hint });
    }
  } catch {
    // Not JSON, or not our shape: said below.
  }
  return new MusterError(
    "Unreachable",
    `Cannot use the controller: something that is not Muster answered ${status}`,
    {
      hint: "Check the URL: `muster context list`",
    },
  );
}

function unreachableError(address: Address, cause: ConnectionLost): MusterError {
  const where = address.kind === "socket" ? address.path : address.url;
  const hint = address.kind === "socket"
    ? "Start it: `muster controller start`"
    : "Check that it runs there and that this machine can reach it: `muster context list`";
  return new MusterError("Unreachable", `Cannot reach the controller at "${where}": ${cause.message}`, {
    hint,
    cause,
  });
}
