import type { MiddlewareHandler } from "hono";
import { MusterError } from "../../../core/errors.ts";
import type { ApiEnv, Connection } from "../context.ts";

/**
 * Keeps other people's pages out: a Host that is not ours (DNS rebinding) is misdirected, an Origin that is not
 * the very address asked is refused. A unix socket has no name, so any Host will do there.
 */
export function guardBrowser(): MiddlewareHandler<ApiEnv> {
  return (c, next) => {
    const host = (c.req.header("host") ?? new URL(c.req.url).host).toLowerCase();
    const connection: Connection | undefined = c.env;
    if (connection?.listener !== "socket" && connection?.servesHost(host) !== true) {
      throw new MusterError(
        "Misdirected",
        `Cannot answer for host "${host}": this controller has other names`,
        {
          hint: "Use the URL that `muster controller status` shows",
        },
      );
    }
    const origin = c.req.header("origin");
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
      throw new MusterError(
        "NotAllowed",
        `Cannot answer a page of origin "${origin}": only this address's own may ask`,
      );
    }
    return next();
  };
}
