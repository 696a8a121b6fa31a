import { hostIdOfName } from "../../core/certificate_names.ts";
import { MusterError } from "../../core/errors.ts";
import type { Peer } from "../../proto/grpc_server.ts";
import { readCertificate } from "../../system/certificates.ts";
import { getHost, type StoredHost } from "../store/hosts.ts";
import type { Store } from "../store/store.ts";

/**
 * The host that called, by the one name in its certificate. Throws `NotAllowed` if the name is no host's of this
 * fleet, or the host is unknown, removed, or has enrolled with another key since.
 */
export function identify(peer: Peer, fleet: string, store: Store): StoredHost {
  const { names, keySha256 } = readCertificate(peer.certificate);
  const hostId = names.length === 1 ? hostIdOfName(names[0]!, fleet) : null;
  if (hostId === null) throw refused(`the certificate's name is no host's of fleet "${fleet}"`);
  const host = store.read((db) => getHost(db, hostId));
  if (host === null) throw refused(`host ${hostId} is unknown`);
  if (host.state === "removed") throw refused(`host "${host.name}" was removed from the fleet`);
  if (!isSame(host.keySha256, keySha256)) throw refused(`host "${host.name}" has enrolled with another key`);
  return host;
}

function refused(why: string): MusterError {
  return new MusterError("NotAllowed", `Cannot let the caller in: ${why}`);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
