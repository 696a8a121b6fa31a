import { MusterError } from "./errors.ts";

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The one name in the controller's certificate; agents accept no other, whatever address they dial. */
export function controllerCertificateName(fleet: string): string {
  return `controller.${label("fleet", fleet)}.muster.internal`;
}

/** The one name in a host's certificate; the controller reads the host's id from it. */
export function hostCertificateName(hostId: string, fleet: string): string {
  return `${label("host id", hostId)}.host.${label("fleet", fleet)}.muster.internal`;
}

/** The host id in a certificate's name; null if it is not the name of a host of this fleet. */
export function hostIdOfName(name: string, fleet: string): string | null {
  const suffix = `.host.${fleet}.muster.internal`;
  if (!name.endsWith(suffix)) return null;
  const hostId = name.slice(0, -suffix.length);
  return LABEL.test(hostId) ? hostId : null;
}

/** The DNS names in node's text of a subjectAltName: `DNS:a, DNS:b`. */
export function dnsNames(subjectAltName: string): string[] {
  return subjectAltName.split(", ").filter((name) => name.startsWith("DNS:")).map((name) => name.slice(4));
}

function label(what: string, value: string): string {
  if (LABEL.test(value)) return value;
  throw new MusterError(
    "InvalidInput",
    `Cannot name a certificate: ${what} "${value}" must be lower-case letters, digits and hyphens, at most 63`,
  );
}
