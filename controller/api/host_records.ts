import type { EnrollBody, EnrolledBody } from "../../core/api/fleet.ts";
import type { HostState } from "../../core/host.ts";
import type { Instant } from "../../core/time.ts";
import type { ConnectedHost, Fleet } from "../hosts/fleet.ts";
import type { StoredHost } from "../store/hosts.ts";
import type { HostRecord, HostRecords } from "./parts.ts";

/** What is read of a stored host. */
type HostRow = Pick<StoredHost, "id" | "name" | "state" | "facts" | "labels" | "agentVersion" | "lastSeenAt">;

export interface HostRecordParts {
  readonly fleet: Pick<Fleet, "connected" | "onChange" | "sample">;
  /** All stored hosts, removed ones too. */
  rows(): readonly HostRow[];
  /** When a connected host was last heard. */
  lastSeenAt(hostId: string): Instant | null;
  enroll(request: EnrollBody): Promise<EnrolledBody>;
}

/** Hosts as the API shows them: what is stored, and over it what their sessions say. */
export function createHostRecords(parts: HostRecordParts): HostRecords {
  const names = new Map<string, string>();
  parts.fleet.onChange(() => names.clear());
  return {
    list() {
      const connected = new Map(parts.fleet.connected().map((host) => [host.id, host]));
      const rows = parts.rows().filter(({ state }) => state !== "removed");
      return rows.flatMap((row) => recordOf(row, connected.get(row.id), parts) ?? []);
    },
    nameOf(hostId) {
      if (!names.has(hostId)) { for (const { id, name } of parts.rows()) names.set(id, name); }
      return names.get(hostId) ?? null;
    },
    enroll: (request) => parts.enroll(request),
  };
}

/** Null for a host that has enrolled and never come: nothing is known of it. */
function recordOf(
  row: HostRow,
  session: ConnectedHost | undefined,
  parts: HostRecordParts,
): HostRecord | null {
  const facts = session?.facts ?? row.facts;
  if (facts === null) return null;
  return {
    id: row.id,
    name: row.name,
    state: stateOf(row, session),
    facts,
    labels: session?.labels ?? row.labels,
    agentVersion: row.agentVersion,
    lastSeenAt: session === undefined ? row.lastSeenAt : parts.lastSeenAt(row.id) ?? row.lastSeenAt,
    refusing: session?.refusing ?? null,
    sample: parts.fleet.sample(row.id),
  };
}

/** A session makes it ready, or draining; without one a draining host is away too. */
function stateOf({ state }: HostRow, session: ConnectedHost | undefined): HostState {
  if (session !== undefined) return session.draining ? "draining" : "ready";
  return state === "draining" ? "away" : state;
}
