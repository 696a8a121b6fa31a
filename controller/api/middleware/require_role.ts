import { MusterError } from "../../../core/errors.ts";
import type { Role } from "../../../core/api/fleet.ts";
import type { ApiContext } from "../context.ts";

const RANK = { read: 0, submit: 1, owner: 2 } as const satisfies Record<Role, number>;

/** Throws `NotAllowed` unless the caller's role is `least` or more. */
export function requireRole(c: ApiContext, least: Role): void {
  const { role } = c.get("caller");
  if (RANK[role] >= RANK[least]) return;
  throw new MusterError(
    "NotAllowed",
    `Cannot ${c.req.method} ${c.req.path}: it needs a token of role "${least}", this one has "${role}"`,
  );
}
