import { createdTokenSchema, createTokenSchema, tokenPageSchema } from "../../core/api/fleet.ts";
import { listQuerySchema } from "../../core/api/queries.ts";
import { tokenBody } from "./bodies.ts";
import type { ApiParts } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";

/** `tokens`: the owner's alone. */
export function serveTokens(app: Api, gate: Gate, { tokens }: ApiParts): void {
  serve(app, gate, {
    method: "get",
    path: "/api/v1/tokens",
    tag: "tokens",
    summary: "List tokens, newest first; never the tokens themselves",
    role: "owner",
    query: listQuerySchema,
    answers: [{ status: 200, description: "A page of tokens", schema: tokenPageSchema }],
  }, (c, { query }) => {
    const page = tokens.list(query.limit, query.cursor);
    return c.json({ items: page.items.map(tokenBody), next_cursor: page.next });
  });

  serve(app, gate, {
    method: "post",
    path: "/api/v1/tokens",
    tag: "tokens",
    summary: "Make a token; an Idempotency-Key is ignored, for the answer is not kept",
    role: "owner",
    body: createTokenSchema,
    // A kept answer would hold the token itself.
    keepsAnswer: false,
    answers: [{ status: 201, description: "The token, shown this once", schema: createdTokenSchema }],
  }, async (c, { body }) => {
    const { token, record } = await tokens.create({
      name: body.name,
      role: body.role,
      expiresInSeconds: body.expires_in,
    });
    return c.json({ ...tokenBody(record), token }, 201);
  });

  serve(app, gate, {
    method: "delete",
    path: "/api/v1/tokens/{token}",
    tag: "tokens",
    summary: "Revoke a token; `{token}` is its id, or the name that one token bears",
    role: "owner",
    answers: [{ status: 204, description: "It is revoked" }],
  }, async (c) => {
    await tokens.revoke(c.req.param("token")!);
    return c.body(null, 204);
  });
}
