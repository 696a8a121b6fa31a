import { Buffer } from "node:buffer";
import protobuf from "protobufjs";
import text from "./muster/v1/controller.proto" with { type: "text" };
import type {
  AgentMessage,
  BlobChunkMessage,
  ControllerMessage,
  GetBlobRequestMessage,
  LogChunkMessage,
  PutBlobReplyMessage,
  PutLogReplyMessage,
} from "./messages.ts";

/** Turns one message into bytes and back. */
export interface Codec<T> {
  encode(message: Partial<T>): Buffer;
  decode(bytes: Uint8Array): T;
}

/** The versions of the wire this program speaks, newest first. */
export const PROTOCOLS: readonly number[] = [1];

// Without the long library 64-bit fields are plain numbers: no object a field. Sizes, ages and epochs stay
// below 2^53; decoding throws where one does not.
protobuf.util.Long = undefined as never;
protobuf.configure();

const root = protobuf.parse(text).root.resolveAll();
const PACKAGE = "muster.v1";

export const agentMessage: Codec<AgentMessage> = codec("AgentMessage");
export const controllerMessage: Codec<ControllerMessage> = codec("ControllerMessage");
const logChunk: Codec<LogChunkMessage> = codec("LogChunk");
const putLogReply: Codec<PutLogReplyMessage> = codec("PutLogReply");
const blobChunk: Codec<BlobChunkMessage> = codec("BlobChunk");
const putBlobReply: Codec<PutBlobReplyMessage> = codec("PutBlobReply");
const getBlobRequest: Codec<GetBlobRequestMessage> = codec("GetBlobRequest");

/** `muster.v1.Controller` in the form that both ends of the transport take. */
export const controllerService = {
  session: method("Session", true, true, agentMessage, controllerMessage),
  putLog: method("PutLog", true, false, logChunk, putLogReply),
  putBlob: method("PutBlob", true, false, blobChunk, putBlobReply),
  getBlob: method("GetBlob", false, true, getBlobRequest, blobChunk),
};

/** The decoded object is the generated one itself: defaults lie on its prototype, nothing is copied. */
function codec<T>(name: string): Codec<T> {
  const type = root.lookupType(`${PACKAGE}.${name}`);
  return {
    encode: (message) => {
      const bytes = type.encode(message as Record<string, unknown>).finish();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    decode: (bytes) => type.decode(bytes) as unknown as T,
  };
}

function method<Request, Reply>(
  name: string,
  requestStream: boolean,
  responseStream: boolean,
  request: Codec<Request>,
  reply: Codec<Reply>,
) {
  return {
    path: `/${PACKAGE}.Controller/${name}`,
    requestStream,
    responseStream,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: reply.encode,
    responseDeserialize: reply.decode,
  };
}
