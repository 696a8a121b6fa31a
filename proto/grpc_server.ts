import { Buffer } from "node:buffer";
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
} from "@grpc/grpc-js";
import { formatListen } from "../core/config.ts";
import { MusterError } from "../core/errors.ts";
import { errorOfStatus, statusOf } from "./grpc_errors.ts";
import { drained, writeAll } from "./grpc_streams.ts";
import { controllerService } from "./muster.ts";
import { LIMITS, type MessageStream } from "./transport.ts";
import type {
  AgentMessage,
  BlobChunkMessage,
  ControllerMessage,
  GetBlobRequestMessage,
  LogChunkMessage,
  PutBlobReplyMessage,
  PutLogReplyMessage,
} from "./messages.ts";

/** Who called. The certificate was checked against the fleet's CA. */
export interface Peer {
  /** DER; empty if the transport has none. */
  readonly certificate: Uint8Array;
  /** `address:port` of the connection, for logs. */
  readonly address: string;
}

export type SessionStream = MessageStream<AgentMessage, ControllerMessage>;

/** What the controller does with calls. What they throw goes to the caller as its code; other faults as `Internal`. */
export interface ControllerCalls {
  session(peer: Peer, stream: SessionStream): void;
  putLog(
    peer: Peer,
    chunks: AsyncIterable<LogChunkMessage>,
    signal: AbortSignal,
  ): Promise<PutLogReplyMessage>;
  putBlob(
    peer: Peer,
    chunks: AsyncIterable<BlobChunkMessage>,
    signal: AbortSignal,
  ): Promise<PutBlobReplyMessage>;
  getBlob(
    peer: Peer,
    request: GetBlobRequestMessage,
    signal: AbortSignal,
  ): AsyncIterable<Partial<BlobChunkMessage>>;
}

export interface GrpcServerOptions {
  readonly listen: { readonly hostname: string; readonly port: number };
  readonly caPem: string;
  readonly keyPem: string;
  readonly certificatePem: string;
  readonly calls: ControllerCalls;
  /** Faults that are no MusterError, before the caller gets `Internal`. */
  readonly onFault: (error: unknown) => void;
}

/** The listener of the agents: TLS 1.3, and a certificate of the fleet's CA or no call at all. */
export async function startGrpcServer(
  options: GrpcServerOptions,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const server = new Server({
    "grpc.max_receive_message_length": LIMITS.messageBytes,
    "grpc.max_send_message_length": LIMITS.messageBytes,
    "grpc.max_concurrent_streams": LIMITS.streams,
    "grpc.keepalive_time_ms": LIMITS.keepaliveMs,
    "grpc.keepalive_timeout_ms": LIMITS.keepaliveTimeoutMs,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.enable_channelz": 0,
  });
  server.addService(controllerService, implementation(options));
  const port = await bind(server, options);
  limitStrangers(server);
  return {
    port,
    stop: () => {
      server.forceShutdown();
      return Promise.resolve();
    },
  };
}

function bind(server: Server, options: GrpcServerOptions): Promise<number> {
  const address = formatListen(options.listen);
  return new Promise((resolve, reject) => {
    server.bindAsync(address, serverCredentials(options), (error, bound) => {
      if (error === null) return resolve(bound);
      reject(
        new MusterError("Conflict", `Cannot listen for agents on ${address}: ${error.message}`, {
          cause: error,
        }),
      );
    });
  });
}

/** What node's TLS servers and sockets have, and all that is needed of them here. */
interface Listener {
  on(event: "connection" | "secureConnection", listener: (socket: Socket) => void): unknown;
}
interface Socket {
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  destroy(): unknown;
  once(event: "close", listener: () => void): unknown;
}

/**
 * Connections that have not shown a certificate are few: one more is closed at once. The library keeps its
 * listeners to itself; where a version of it has none by this name, only the handshake's time is limited.
 */
function limitStrangers(server: Server): void {
  const { http2Servers } = server as unknown as { http2Servers?: Map<Listener, unknown> };
  for (const listener of http2Servers?.keys() ?? []) {
    // The two events bring different objects for one connection: its address tells that they are one.
    const strangers = new Set<string>();
    listener.on("connection", (socket) => {
      if (strangers.size >= LIMITS.strangers) return socket.destroy();
      const from = `${socket.remoteAddress}:${socket.remotePort}`;
      strangers.add(from);
      socket.once("close", () => strangers.delete(from));
    });
    listener.on("secureConnection", (socket) => {
      strangers.delete(`${socket.remoteAddress}:${socket.remotePort}`);
    });
  }
}

function serverCredentials(options: GrpcServerOptions): ServerCredentials {
  const pair = { private_key: Buffer.from(options.keyPem), cert_chain: Buffer.from(options.certificatePem) };
  const credentials = ServerCredentials.createSsl(Buffer.from(options.caPem), [pair], true);
  // The library has no option for the TLS version; what it hands to createSecureServer takes one.
  Object.assign(credentials._getConstructorOptions() ?? {}, {
    minVersion: "TLSv1.3",
    rejectUnauthorized: true,
    handshakeTimeout: LIMITS.handshakeMs,
  });
  return credentials;
}

function implementation({ calls, onFault }: GrpcServerOptions) {
  return {
    session: (call: ServerDuplexStream<AgentMessage, ControllerMessage>) => {
      const stream = sessionStream(call);
      try {
        calls.session(peerOf(call), stream);
      } catch (error) {
        fail(call, error, onFault);
      }
    },
    putLog: (
      call: ServerReadableStream<LogChunkMessage, PutLogReplyMessage>,
      reply: Reply<PutLogReplyMessage>,
    ) => answer(call, reply, onFault, (signal) => calls.putLog(peerOf(call), call, signal)),
    putBlob: (
      call: ServerReadableStream<BlobChunkMessage, PutBlobReplyMessage>,
      reply: Reply<PutBlobReplyMessage>,
    ) => answer(call, reply, onFault, (signal) => calls.putBlob(peerOf(call), call, signal)),
    getBlob: async (call: ServerWritableStream<GetBlobRequestMessage, BlobChunkMessage>) => {
      const signal = cancelSignal(call);
      try {
        await writeAll(call, calls.getBlob(peerOf(call), call.request, signal), signal);
        call.end();
      } catch (error) {
        fail(call, error, onFault);
      }
    },
  };
}

type Reply<T> = (error: ReturnType<typeof statusOf> | null, value?: T) => void;

interface Call {
  getPeer(): string;
  getAuthContext(): { sslPeerCertificate?: { raw: Uint8Array } };
  on(event: "cancelled", listener: () => void): unknown;
  emit(event: "error", error: unknown): boolean;
}

async function answer<Chunk, T>(
  call: Call & AsyncIterable<Chunk>,
  reply: Reply<T>,
  onFault: (error: unknown) => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<void> {
  try {
    reply(null, await work(cancelSignal(call)));
  } catch (error) {
    if (!(error instanceof MusterError)) onFault(error);
    reply(statusOf(error));
  }
}

function fail(call: Call, error: unknown, onFault: (error: unknown) => void): void {
  if (!(error instanceof MusterError)) onFault(error);
  call.emit("error", statusOf(error));
}

/** Aborted when the caller gave up or its line was cut. */
function cancelSignal(call: Call): AbortSignal {
  const controller = new AbortController();
  call.on("cancelled", () => controller.abort(new MusterError("Interrupted", "The caller is gone")));
  return controller.signal;
}

function peerOf(call: Call): Peer {
  const certificate = call.getAuthContext().sslPeerCertificate?.raw ?? new Uint8Array(0);
  return { certificate, address: call.getPeer() };
}

function sessionStream(call: ServerDuplexStream<AgentMessage, ControllerMessage>): SessionStream {
  let isOver = false;
  const closed = new Promise<MusterError | null>((resolve) => {
    const over = (error: MusterError | null) => {
      isOver = true;
      resolve(error);
    };
    call.on("cancelled", () => over(new MusterError("Unreachable", "The line was cut")));
    call.on("error", (error) => over(errorOfStatus(error)));
    call.on("end", () => over(null));
  });
  return {
    closed,
    send: (message) => isOver || call.write(message as ControllerMessage),
    drained: () => drained(call),
    onMessage: (listener) => call.on("data", listener),
    pause: () => void call.pause(),
    resume: () => void call.resume(),
    end: (error) => {
      if (isOver) return;
      if (error === undefined) call.end();
      else call.emit("error", statusOf(error));
      isOver = true;
    },
  };
}
