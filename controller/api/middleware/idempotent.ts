import { createHash } from "node:crypto";
import { MusterError } from "../../../core/errors.ts";
import type { Store } from "../../store/store.ts";
import type { Idempotency, Receipt, StoredAnswer } from "../../store/idempotency.ts";
import type { ApiContext } from "../context.ts";

/** Runs a request at most once a (token, key), and gives later ones the first one's answer. */
export type Once = (
  c: ApiContext,
  body: Uint8Array,
  handle: () => Promise<Response>,
) => Promise<Response>;

/**
 * The same key with another request is a `Conflict`. A request that comes while the first is under way waits
 * for it. Only successes are kept: what failed may be tried again.
 */
export function createOnce(
  { store, idempotency }: { readonly store: Store; readonly idempotency: Idempotency },
): Once {
  const underWay = new Map<string, Promise<unknown>>();

  return async (c, body, handle) => {
    const key = c.req.header("idempotency-key");
    if (key === undefined) return await handle();
    checkKey(key);
    const token = c.get("caller").tokenId ?? "socket";
    const name = `${token} ${key}`;
    const request = requestHash(c, body);
    for (let first = underWay.get(name); first !== undefined; first = underWay.get(name)) await first;

    const known = idempotency.find(token, key);
    if (known !== null) return replay(known, request, key);
    const receipt = idempotency.receipt(token, key, request);
    const answer = run(c, receipt, handle);
    const settled = answer.then(() => {}, () => {}).finally(() => underWay.delete(name));
    underWay.set(name, settled);
    return await answer;
  };

  async function run(c: ApiContext, receipt: Receipt, handle: () => Promise<Response>): Promise<Response> {
    c.set("receipt", receipt);
    const response = await handle();
    if (receipt.written || !response.ok) return response;
    const text = await response.clone().text();
    await store.write((db) => receipt.record(db, response.status, text));
    return response;
  }
}

function checkKey(key: string): void {
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return;
  throw new MusterError(
    "InvalidInput",
    "Cannot take the Idempotency-Key: it must be 1 to 200 visible characters",
  );
}

function requestHash(c: ApiContext, body: Uint8Array): Uint8Array {
  return createHash("sha256").update(`${c.req.method}\n${c.req.path}\n`).update(body).digest();
}

function replay(known: StoredAnswer, request: Uint8Array, key: string): Response {
  if (!known.request.every((byte, at) => byte === request[at])) {
    throw new MusterError(
      "Conflict",
      `Cannot use Idempotency-Key "${key}" again: its first request was another`,
      {
        hint: "Use a new key for a new request",
      },
    );
  }
  const empty = known.status === 204;
  return new Response(empty ? null : known.body, {
    status: known.status,
    headers: { ...(empty ? {} : { "content-type": "application/json" }), "idempotent-replayed": "true" },
  });
}
