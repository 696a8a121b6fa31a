import { Buffer } from "node:buffer";
import { createSecureContext } from "node:tls";
import {
  ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientWritableStream,
  type ServiceError,
} from "@grpc/grpc-js";
import { MusterError } from "../core/errors.ts";
import { errorOfStatus } from "./grpc_errors.ts";
import { drained, writeAll } from "./grpc_streams.ts";
import { controllerService } from "./muster.ts";
import { LIMITS, type MessageStream } from "./transport.ts";
import type { AgentMessage, BlobChunkMessage, ControllerMessage, LogChunkMessage } from "./messages.ts";

export interface DialOptions {
  /** `host:port`; any address will do. */
  readonly address: string;
  /** The exact name in the controller's certificate. */
  readonly serverName: string;
  readonly caPem: string;
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** One connection to the controller. Calls fail with `MusterError`; the connection is never made again by itself. */
export interface ControllerConnection {
  session(): MessageStream<ControllerMessage, AgentMessage>;
  /** Resolves when the reader has all of it, or wants no more: the source's signal is aborted then. */
  putLog(source: Source<LogChunkMessage>, signal: AbortSignal): Promise<void>;
  /** `existed`: the controller has it already, perhaps before all was sent. Throws `OutOfSpace`, `InvalidInput`. */
  putBlob(source: Source<BlobChunkMessage>, signal: AbortSignal): Promise<{ readonly existed: boolean }>;
  /** Throws `NotFound`. */
  getBlob(sha256: Uint8Array, signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): void;
}

/** Chunks to send, in their order. Ends soon once the signal is aborted: the other side takes no more. */
export type Source<Chunk> = (signal: AbortSignal) => AsyncIterable<Partial<Chunk>>;

/** Connects when the first call is made. Bulk calls go over a connection of their own, made when they are. */
export function dialController(options: DialOptions): ControllerConnection {
  const line = client(options);
  let bulk: Client | null = null;
  const bulkLine = () => bulk ??= client(options);
  return {
    session: () => sessionStream(line),
    putLog: async (source, signal) => {
      await upload<LogChunkMessage, unknown>(bulkLine(), controllerService.putLog, source, signal);
    },
    putBlob: (source, signal) =>
      upload<BlobChunkMessage, { existed: boolean }>(bulkLine(), controllerService.putBlob, source, signal),
    getBlob: (sha256, signal) => download(bulkLine(), sha256, signal),
    close: () => {
      line.close();
      bulk?.close();
    },
  };
}

function client(options: DialOptions): Client {
  const context = createSecureContext({
    ca: options.caPem,
    key: options.keyPem,
    cert: options.certificatePem,
    minVersion: "TLSv1.3",
  });
  return new Client(options.address, ChannelCredentials.createFromSecureContext(context), {
    "grpc.ssl_target_name_override": options.serverName,
    "grpc.default_authority": options.serverName,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
    "grpc.enable_retries": 0,
    "grpc.service_config_disable_resolution": 1,
    "grpc.keepalive_time_ms": LIMITS.keepaliveMs,
    "grpc.keepalive_timeout_ms": LIMITS.keepaliveTimeoutMs,
    "grpc.max_receive_message_length": LIMITS.messageBytes,
    "grpc.max_send_message_length": LIMITS.messageBytes,
    "grpc.enable_channelz": 0,
  });
}

function sessionStream(line: Client): MessageStream<ControllerMessage, AgentMessage> {
  const { path, requestSerialize, responseDeserialize } = controllerService.session;
  const call: ClientDuplexStream<AgentMessage, ControllerMessage> = line.makeBidiStreamRequest(
    path,
    requestSerialize,
    responseDeserialize as (bytes: Buffer) => ControllerMessage,
  );
  let isOver = false;
  const closed = new Promise<MusterError | null>((resolve) => {
    const over = (error: MusterError | null) => {
      isOver = true;
      resolve(error);
    };
    call.on("error", (error) => over(errorOfStatus(error)));
    call.on("status", (status) => over(status.code === 0 ? null : errorOfStatus(status)));
  });
  return {
    closed,
    send: (message) => isOver || call.write(message as AgentMessage),
    drained: () => drained(call),
    onMessage: (listener) => void call.on("data", listener),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    end: (error) => {
      if (error === undefined) call.end();
      else call.cancel();
      isOver = true;
    },
  };
}

interface UploadMethod<Chunk, Reply> {
  readonly path: string;
  readonly requestSerialize: (message: Partial<Chunk>) => Buffer;
  readonly responseDeserialize: (bytes: Uint8Array) => Reply;
}

/** The reply may come before the last chunk (the blob is there already): the rest is not sent then. */
async function upload<Chunk, Reply>(
  line: Client,
  method: UploadMethod<Chunk, Reply>,
  source: Source<Chunk>,
  signal: AbortSignal,
): Promise<Reply> {
  const answered = new AbortController();
  const stop = AbortSignal.any([signal, answered.signal]);
  const { call, reply } = startUpload(line, method);
  const cancel = () => call.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  reply.then(() => answered.abort(), () => answered.abort());
  try {
    await writeAll(call, source(stop), stop);
    call.end();
    return await reply;
  } catch (error) {
    call.cancel();
    reply.catch(() => {});
    throw errorOfStatus(error);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

function startUpload<Chunk, Reply>(line: Client, method: UploadMethod<Chunk, Reply>) {
  let call!: ClientWritableStream<Chunk>;
  const reply = new Promise<Reply>((resolve, reject) => {
    call = line.makeClientStreamRequest(
      method.path,
      method.requestSerialize as (message: Chunk) => Buffer,
      method.responseDeserialize as (bytes: Buffer) => Reply,
      (error: ServiceError | null, value?: Reply) => {
        if (error !== null) return reject(errorOfStatus(error));
        resolve(value!);
      },
    );
    call.on("error", () => {});
  });
  return { call, reply };
}

async function* download(line: Client, sha256: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { path, requestSerialize, responseDeserialize } = controllerService.getBlob;
  const call = line.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize as (bytes: Buffer) => BlobChunkMessage,
    { sha256 },
  );
  const cancel = () => call.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for await (const chunk of call) yield (chunk as BlobChunkMessage).data;
  } catch (error) {
    throw errorOfStatus(error);
  } finally {
    signal.removeEventListener("abort", cancel);
    call.cancel();
  }
}
