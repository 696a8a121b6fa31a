import type { Client, Page } from "../../clients/typescript/client.ts";
import type { HostBody, TokenBody } from "../../core/api/fleet.ts";
import type { JobBody, TaskBody } from "../../core/api/jobs.ts";
import { MusterError } from "../../core/errors.ts";
import {
  aCompleteJob,
  aHostBody,
  aHostSample,
  aJobBody,
  aJobDetail,
  aStatusBody,
  aTaskBody,
  aTaskDetail,
  aTokenBody,
} from "../builders/api_bodies.ts";

/** A call that a command made. */
export interface RecordedCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What a test wants the controller to answer; the rest answers as a small fleet would. */
export interface FakeAnswers extends Partial<Client> {
  /** What a watch of the job sees, in order. Default: running, then complete. */
  readonly watched?: readonly JobBody[];
}

/** A controller's client in memory. Records each call. */
export function createFakeClient(
  answers: FakeAnswers = {},
): Client & { readonly calls: readonly RecordedCall[] } {
  const calls: RecordedCall[] = [];
  const { watched = [aJobBody(), aCompleteJob()], ...methods } = answers;
  const client: Client = { ...defaults(watched), ...methods };
  const recorded = Object.fromEntries(
    Object.entries(client).map(([method, call]) => [method, (...args: unknown[]) => {
      calls.push({ method, args });
      return Reflect.apply(call, client, args);
    }]),
  ) as unknown as Client;
  return { ...recorded, calls };
}

/** A watch that shows `jobs` and then stays silent until the watcher leaves. */
export async function* watchUntilLeft(
  jobs: readonly JobBody[],
  signal: AbortSignal | undefined,
): AsyncGenerator<JobBody> {
  yield* jobs;
  await new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}

export function aStream(...chunks: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return ReadableStream.from(
    chunks.map((chunk) => typeof chunk === "string" ? encoder.encode(chunk) : chunk),
  );
}

function aPage<T>(...items: readonly T[]): Page<T> {
  return { items, next_cursor: null };
}

function defaults(watched: readonly JobBody[]): Client {
  return {
    health: () => Promise.resolve({ ok: true, version: "0.1.0" }),
    status: () => Promise.resolve(aStatusBody()),
    shutdown: () => Promise.resolve(),
    submit: () => Promise.resolve(aJobBody({ state: "pending" })),
    preview: () =>
      Promise.resolve({
        name: "words",
        total: 17,
        commands: [{ argv: ["wc", "-w", "GPL-2"] }],
        hosts: ["spark-1"],
      }),
    jobs: () => Promise.resolve(aPage<JobBody>(aJobBody())),
    job: () => Promise.resolve(aJobDetail()),
    async *watchJob() {
      yield* watched;
    },
    kill: () => Promise.resolve({ killed: 3, stopping: 2, on_return: [{ host: "spark-2", tasks: 1 }] }),
    reset: () => Promise.resolve({ reset: 2 }),
    deleteJob: () => Promise.resolve(),
    tasks: () => Promise.resolve(aPage<TaskBody>(aTaskBody())),
    task: () => Promise.resolve(aTaskDetail()),
    log: () => Promise.resolve(aStream("hello\n")),
    files: () => Promise.resolve(aStream(new Uint8Array(1024))),
    hosts: () => Promise.resolve(aPage<HostBody>(aHostBody())),
    host: (host) =>
      host === "spark-1" || host === "h1"
        ? Promise.resolve(aHostBody())
        : Promise.reject(new MusterError("NotFound", `Cannot find host "${host}"`)),
    async *watchSamples() {
      yield aHostSample();
    },
    enroll: () => Promise.reject(new Error("not asked of the command line")),
    tokens: () => Promise.resolve(aPage<TokenBody>(aTokenBody())),
    createToken: () => Promise.resolve({ ...aTokenBody(), token: "mst_secret" }),
    revokeToken: () => Promise.resolve(),
    async *events() {
      yield {
        seq: 7,
        at: "2026-01-02T03:00:01.000Z",
        kind: "task.running",
        job_id: "jabc",
        index: 3,
        host: "spark-1",
        data: {},
      };
    },
    putBlob: () => Promise.resolve(),
    close: () => {},
  };
}
