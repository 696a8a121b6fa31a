import { MusterError } from "../../../core/errors.ts";
import type { ApiContext } from "../context.ts";

/** Largest body of a route that reads it whole, in bytes. */
const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * The whole body. Counts what arrives, whatever the Content-Length says. Throws `TooLarge`.
 */
export async function readBody(c: ApiContext, limit = BODY_LIMIT_BYTES): Promise<Uint8Array> {
  const declared = Number(c.req.header("content-length") ?? 0);
  if (declared > limit) throw tooLarge(c, limit);
  const { body } = c.req.raw;
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge(c, limit);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : joined(chunks, size);
}

/** The JSON value of a body; an empty one is an empty object where `optional`. Throws `InvalidInput`. */
export function parseJson(c: ApiContext, body: Uint8Array, optional: boolean): unknown {
  if (body.byteLength === 0 && optional) return {};
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    // Only the position is told: the words around it may be a secret of the sender's.
    const at = /position \d+/.exec(error instanceof SyntaxError ? error.message : "")?.[0];
    throw new MusterError(
      "InvalidInput",
      `Cannot read the body of ${c.req.method} ${c.req.path}: it is not JSON${
        at === undefined ? "" : ` at ${at}`
      }`,
    );
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

function tooLarge(c: ApiContext, limit: number): MusterError {
  return new MusterError(
    "TooLarge",
    `Cannot read the body of ${c.req.method} ${c.req.path}: it is larger than ${limit} bytes`,
    {
      hint: "Store a large parameter table as a blob (PUT /api/v1/blobs/SHA256) and name it in `parameters`",
    },
  );
}
