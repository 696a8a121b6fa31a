import type { MiddlewareHandler } from "hono";
import { MusterError } from "../../../core/errors.ts";
import type { Clock } from "../../../system/clock.ts";
import { refusalOf, type Token, type Tokens } from "../../store/tokens.ts";
import type { ApiContext, ApiEnv, Caller } from "../context.ts";

/** Paths that anybody may read. */
const PUBLIC_PATHS: ReadonlySet<string> = new Set(["/healthz"]);

/**
 * Knows the caller by the bearer token, or as the owner on the unix socket. A token that is given must be valid
 * there too. Throws `Unauthenticated`.
 */
export function authenticate(
  { tokens, clock }: { readonly tokens: Tokens; readonly clock: Clock },
): MiddlewareHandler<ApiEnv> {
  return (c, next) => {
    if (!PUBLIC_PATHS.has(c.req.path)) c.set("caller", callerOf(c, tokens, clock));
    return next();
  };
}

function callerOf(c: ApiContext, tokens: Tokens, clock: Clock): Caller {
  const header = c.req.header("authorization");
  if (header === undefined) {
    if (c.env.listener === "socket") return { tokenId: null, role: "owner" };
    throw refused("this address needs a token", "Send it as `Authorization: Bearer TOKEN`");
  }
  const token = validToken(header, tokens, clock);
  tokens.touch(token);
  return { tokenId: token.id, role: token.role };
}

/** The lookup is by the token's SHA-256 in an index, so its time says nothing of the token. */
function validToken(header: string, tokens: Tokens, clock: Clock): Token {
  const secret = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (secret === undefined) {
    throw refused("the Authorization header is not a bearer token", "Send `Authorization: Bearer TOKEN`");
  }
  const token = tokens.find(secret);
  if (token === null) throw refused("the token is not one of this controller's");
  const refusal = refusalOf(token, clock.now());
  if (refusal === null) return token;
  throw refused(`token "${token.name}" ${refusal === "expired" ? "has expired" : "was revoked"}`);
}

function refused(why: string, hint = "Ask the owner for one: `muster token create`"): MusterError {
  return new MusterError("Unauthenticated", `Cannot let this request in: ${why}`, { hint });
}
