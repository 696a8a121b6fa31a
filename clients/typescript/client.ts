import type {
  JobBody,
  JobDetailBody,
  KillResultBody,
  ResetBody,
  ResetResultBody,
  SubmitBody,
  SubmitPreviewBody,
  TaskBody,
  TaskDetailBody,
} from "../../core/api/jobs.ts";
import type {
  CreatedTokenBody,
  CreateTokenBody,
  EnrollBody,
  EnrolledBody,
  EventBody,
  HealthBody,
  HostBody,
  HostSampleBody,
  StatusBody,
  TokenBody,
} from "../../core/api/fleet.ts";

/** How to reach a controller. */
export type Address =
  /** On this machine, through `controller/api.sock`; the socket's permissions stand for the owner's token. */
  | { readonly kind: "socket"; readonly path: string }
  /** Plain HTTP, loopback only. */
  | { readonly kind: "http"; readonly url: string; readonly token: string }
  /** TLS; the certificate must carry exactly `serverName` and be signed by `ca` (PEM). */
  | {
    readonly kind: "https";
    readonly url: string;
    readonly token: string;
    readonly ca: string;
    readonly serverName: string;
  };

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

export interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * The HTTP API as functions. `job` arguments are an id, a name (its newest job), a unique prefix, or `last`; the
 * controller resolves them. Every call rejects with a `MusterError` that carries the code, message and hint of the
 * controller, or `Unreachable`.
 */
export interface Client {
  health(options?: CallOptions): Promise<HealthBody>;
  status(options?: CallOptions): Promise<StatusBody>;
  /** Stops the controller; resolves when it has accepted. */
  shutdown(options?: CallOptions): Promise<void>;

  /** Always sends an Idempotency-Key and tries again with it while the connection fails, up to 10 s. */
  submit(body: SubmitBody, options?: CallOptions): Promise<JobBody>;
  preview(body: SubmitBody, options?: CallOptions): Promise<SubmitPreviewBody>;
  jobs(query?: PageQuery & { readonly name?: string; readonly state?: string }): Promise<Page<JobBody>>;
  job(job: string, options?: CallOptions): Promise<JobDetailBody>;
  /** The job now and after each change (at most ten a second), until it has ended. Reconnects by itself. */
  watchJob(job: string, options?: CallOptions): AsyncIterable<JobBody>;
  kill(
    job: string,
    body?: { readonly indexes?: readonly number[] },
    options?: CallOptions,
  ): Promise<KillResultBody>;
  reset(job: string, body: ResetBody, options?: CallOptions): Promise<ResetResultBody>;
  deleteJob(job: string, options?: CallOptions): Promise<void>;
  tasks(job: string, query?: PageQuery & { readonly state?: string }): Promise<Page<TaskBody>>;
  task(job: string, index: number, options?: CallOptions): Promise<TaskDetailBody>;
  /** Output of a task from `offset`; `follow`: until it ends. */
  log(
    job: string,
    index: number,
    options?: CallOptions & {
      readonly attempt?: number;
      readonly offset?: number;
      readonly follow?: boolean;
    },
  ): Promise<ReadableStream<Uint8Array>>;
  /** A tar of `<index>/stdout.txt`, `<index>/result.json`, `<index>/<file>` and `tasks.csv`. */
  files(job: string, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;

  hosts(query?: PageQuery): Promise<Page<HostBody>>;
  /** By id or name. */
  host(host: string, options?: CallOptions): Promise<HostBody>;
  /** What the host uses, a sample a second, for ever. Silent while it is away. Reconnects by itself. */
  watchSamples(host: string, options?: CallOptions): AsyncIterable<HostSampleBody>;
  enroll(body: EnrollBody, options?: CallOptions): Promise<EnrolledBody>;

  tokens(query?: PageQuery): Promise<Page<TokenBody>>;
  createToken(body: CreateTokenBody, options?: CallOptions): Promise<CreatedTokenBody>;
  revokeToken(token: string, options?: CallOptions): Promise<void>;

  events(
    options?: CallOptions & { readonly since?: number; readonly job?: string },
  ): AsyncIterable<EventBody>;
  putBlob(sha256: string, bytes: ReadableStream<Uint8Array>, options?: CallOptions): Promise<void>;

  /** Closes idle connections. */
  close(): void;
}
