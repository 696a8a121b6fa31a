import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../system/log.ts";
import type { ConnectedHost, Fleet } from "./fleet.ts";

/** A fact about a host, to be recorded as an event. */
export interface HostFact {
  readonly kind: "host.ready" | "host.away" | "host.refusing" | "host.taking_work" | "host.lost";
  readonly hostId: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface HostEventParts {
  readonly fleet: Pick<Fleet, "connected" | "onChange">;
  readonly log: Log;
  /** Records the facts in their order and tells who listens. */
  record(facts: readonly HostFact[]): Promise<void>;
}

/**
 * Records it when a session comes or goes and when a host refuses work or takes it again, from now until the
 * returned function is called. A controller that stops calls it first: the hosts did not go.
 */
export function recordHostEvents({ fleet, log, record }: HostEventParts): () => void {
  let seen = byId(fleet.connected());
  return fleet.onChange(() => {
    const now = byId(fleet.connected());
    const facts = hostFacts(seen, now);
    seen = now;
    if (facts.length === 0) return;
    record(facts).catch((error) => log.error("cannot record host events", { error: messageOf(error) }));
  });
}

type Hosts = ReadonlyMap<string, Pick<ConnectedHost, "refusing">>;

/** What happened between two looks at the hosts with a session. Other words for the same refusal are no news. */
export function hostFacts(before: Hosts, now: Hosts): HostFact[] {
  const facts: HostFact[] = [];
  for (const hostId of before.keys()) if (!now.has(hostId)) facts.push({ kind: "host.away", hostId });
  for (const [hostId, { refusing }] of now) {
    const known = before.get(hostId);
    if (known === undefined) facts.push({ kind: "host.ready", hostId });
    const refused = known?.refusing ?? null;
    if (refusing !== null && refused === null) {
      facts.push({ kind: "host.refusing", hostId, data: { reason: refusing } });
    }
    if (refusing === null && refused !== null) facts.push({ kind: "host.taking_work", hostId });
  }
  return facts;
}

function byId(hosts: readonly ConnectedHost[]): Hosts {
  return new Map(hosts.map(({ id, refusing }) => [id, { refusing }]));
}
