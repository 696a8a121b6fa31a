import type { JobBody } from "../../core/api/jobs.ts";
import type { EventBody, HostSampleBody } from "../../core/api/fleet.ts";
import type { Address, Client } from "./client.ts";
import { type CallRequest, type Calls, createCalls } from "./calls.ts";
import { patiently, pause } from "./patience.ts";
import { serverEvents } from "./server_events.ts";
import { ConnectionLost } from "./transport.ts";

/** How long a submission is tried again while the connection fails. */
const SUBMIT_FOR_MS = 10_000;
/** How long a stream that was lost is opened again. */
const RECONNECT_FOR_MS = 60_000;
/** Wait before a stream that ended is opened again, in milliseconds. */
const REOPEN_AFTER_MS = 100;

/** A client over HTTP. Connects when it is first used. */
export function createClient(address: Address): Client {
  const calls = createCalls(address);
  const { json } = calls;
  const jobPath = (job: string) => `/jobs/${encodeURIComponent(job)}`;
  const hostPath = (host: string) => `/hosts/${encodeURIComponent(host)}`;
  const post = <T>(path: string, body: unknown, options: Options = {}) =>
    json<T>({ method: "POST", path, body, ...options });

  return {
    health: (options) => json({ path: "//healthz", ...options }),
    status: (options) => json({ path: "/status", ...options }),
    shutdown: (options) => drop(calls, { method: "POST", path: "/shutdown", ...options }),

    submit: (body, options) => submit(calls, body, options),
    preview: (body, options) => post("/jobs", { ...body, dry_run: true }, options),
    jobs: (query) => json({ path: "/jobs", ...split(query) }),
    job: (job, options) => json({ path: jobPath(job), ...options }),
    watchJob: (job, options) => watchJob(calls, `${jobPath(job)}/watch`, options?.signal),
    kill: (job, body = {}, options) => post(`${jobPath(job)}/kill`, body, options),
    reset: (job, body, options) => post(`${jobPath(job)}/reset`, body, options),
    deleteJob: (job, options) => json({ method: "DELETE", path: jobPath(job), ...options }),
    tasks: (job, query) => json({ path: `${jobPath(job)}/tasks`, ...split(query) }),
    task: (job, index, options) => json({ path: `${jobPath(job)}/tasks/${index}`, ...options }),
    log: (job, index, options) =>
      bytes(calls, { path: `${jobPath(job)}/tasks/${index}/log`, ...split(options) }),
    files: (job, options) => bytes(calls, { path: `${jobPath(job)}/files`, ...options }),

    hosts: (query) => json({ path: "/hosts", ...split(query) }),
    host: (host, options) => json({ path: hostPath(host), ...options }),
    watchSamples: (host, options) => watchSamples(calls, `${hostPath(host)}/samples`, options?.signal),
    enroll: (body, options) => post("/hosts/enroll", body, options),

    tokens: (query) => json({ path: "/tokens", ...split(query) }),
    createToken: (body, options) => post("/tokens", body, options),
    revokeToken: (token, options) =>
      json({ method: "DELETE", path: `/tokens/${encodeURIComponent(token)}`, ...options }),

    events: (options) => events(calls, options),
    putBlob: (sha256, stream, options) =>
      drop(calls, { method: "PUT", path: `/blobs/${sha256}`, stream, ...options }),

    close: () => calls.close(),
  };
}

interface Options {
  readonly signal?: AbortSignal;
}

/** A query as the call takes it: its signal beside its parameters. */
function split<Q extends Options>(query: Q | undefined): Pick<CallRequest, "query" | "signal"> {
  const { signal, ...rest } = query ?? {} as Q;
  return { query: rest as NonNullable<CallRequest["query"]>, signal };
}

async function drop(calls: Calls, request: CallRequest): Promise<void> {
  await (await calls.open(request)).body?.cancel();
}

async function bytes(calls: Calls, request: CallRequest): Promise<ReadableStream<Uint8Array>> {
  return (await calls.open(request)).body ?? new Blob([]).stream();
}

/** One key for all tries, so that a lost answer does not make a second job. */
async function submit(calls: Calls, body: unknown, { signal }: Options = {}): Promise<JobBody> {
  const headers = { "idempotency-key": crypto.randomUUID() };
  const request = { method: "POST", path: "/jobs", body, headers, signal };
  return await orUnreachable(calls, () =>
    patiently(async () => {
      const response = await calls.tryOpen(request);
      return await whole<JobBody>(response, signal);
    }, { forMs: SUBMIT_FOR_MS, signal }));
}

async function whole<T>(response: Response, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await response.json();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ConnectionLost("the answer was cut off", { cause });
  }
}

async function* watchJob(calls: Calls, path: string, signal?: AbortSignal): AsyncGenerator<JobBody> {
  for await (const { data } of resumed(calls, () => ({ path, signal }))) {
    const job = JSON.parse(data) as JobBody;
    yield job;
    if (job.state !== "pending" && job.state !== "running") return;
  }
}

async function* watchSamples(
  calls: Calls,
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<HostSampleBody> {
  for await (const { data } of resumed(calls, () => ({ path, signal }))) yield JSON.parse(data);
}

async function* events(
  calls: Calls,
  { since, job, signal }: Options & { readonly since?: number; readonly job?: string } = {},
): AsyncGenerator<EventBody> {
  const query = { since, job };
  const request = (lastId: string | null): CallRequest => ({
    path: "/events",
    query,
    signal,
    ...(lastId === null ? {} : { headers: { "last-event-id": lastId } }),
  });
  for await (const { data } of resumed(calls, request)) yield JSON.parse(data) as EventBody;
}

/**
 * The events of a stream that is opened again, after the last event's id, whenever it is lost. Throws `Unreachable`
 * when it stayed lost for a minute. The caller decides when it has seen the end.
 */
async function* resumed(calls: Calls, request: (lastId: string | null) => CallRequest) {
  let lastId: string | null = null;
  while (true) {
    const next = request(lastId);
    const response = await orUnreachable(
      calls,
      () => patiently(() => calls.tryOpen(next), { forMs: RECONNECT_FOR_MS, signal: next.signal }),
    );
    try {
      for await (const event of serverEvents(response.body ?? new Blob([]).stream())) {
        lastId = event.id ?? lastId;
        yield event;
      }
    } catch {
      // The line was lost: opened again above, unless the caller has left.
      next.signal?.throwIfAborted();
    }
    // A controller that stops, or one that ends each stream at once, is not asked again in a storm.
    await pause(REOPEN_AFTER_MS, next.signal);
  }
}

async function orUnreachable<T>(calls: Calls, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof ConnectionLost ? calls.unreachable(error) : error;
  }
}
