import { join } from "node:path";
import { controllerCertificateName, hostCertificateName } from "../../core/certificate_names.ts";
import { MusterError } from "../../core/errors.ts";
import {
  certificateFingerprint,
  createAuthority,
  createKeyAndRequest,
  isPair,
  issueCertificate,
  type KeyPair,
  readCertificate,
  readRequest,
  type RequestedKey,
} from "../../system/certificates.ts";
import { readTextIfExists, writePrivateFile } from "../../system/files.ts";
import type { Clock } from "../../system/clock.ts";

/** Age at which the controller's own certificate is renewed, in milliseconds; it would last 90 days. */
const RENEW_AFTER_MS = 30 * 86_400_000;
/** Certificates are valid from this long before they were made. */
const BACKDATED_MS = 7 * 86_400_000;

/** The fleet's certificate authority and the controller's own certificate. */
export interface Authority {
  readonly fleet: string;
  readonly caPem: string;
  /** `SHA256:…` of the CA certificate. */
  readonly fingerprint: string;
  readonly controllerName: string;
  /** Key and certificate of the agents' listener. */
  readonly controllerCredentials: KeyPair;
  /** A certificate for the key; the name in it is the host's id, whatever the request said. */
  signHost(key: RequestedKey, hostId: string): Promise<string>;
}

/**
 * Opens `caDirectory` (ca.key, ca.pem, controller.key, controller.pem; all 0600), making what is not there and
 * renewing the controller's certificate if it is 30 days old. Only a start does: a controller that runs keeps its own.
 */
export async function openAuthority(caDirectory: string, fleet: string, clock: Clock): Promise<Authority> {
  const name = controllerCertificateName(fleet);
  const authority = await keptAuthority(caDirectory) ?? await newAuthority(caDirectory, fleet, clock);
  const kept = await keptPair(caDirectory, "controller");
  const controllerCredentials = kept !== null && isFresh(kept, name, clock)
    ? kept
    : await newController(caDirectory, authority, name, clock);
  return {
    fleet,
    caPem: authority.certificatePem,
    fingerprint: certificateFingerprint(authority.certificatePem),
    controllerName: name,
    controllerCredentials,
    signHost: (key, hostId) =>
      issueCertificate({
        authority,
        key,
        name: hostCertificateName(hostId, fleet),
        kind: "host",
        now: clock.now(),
      }),
  };
}

function isFresh(pair: KeyPair, name: string, clock: Clock): boolean {
  const certificate = readCertificate(pair.certificatePem);
  const age = clock.now() - (certificate.notBefore + BACKDATED_MS);
  return certificate.names.length === 1 && certificate.names[0] === name && age < RENEW_AFTER_MS;
}

/** A CA whose files do not fit each other is not replaced: every host of the fleet trusts it. Throws `Conflict`. */
async function keptAuthority(directory: string): Promise<KeyPair | null> {
  const kept = await keptPair(directory, "ca");
  if (kept !== null || await readTextIfExists(join(directory, "ca.pem")) === null) return kept;
  throw new MusterError(
    "Conflict",
    `Cannot use the fleet's CA in "${directory}": ca.key and ca.pem are no pair`,
    {
      hint: "Restore both from a backup; without them every host must be added again",
    },
  );
}

async function newAuthority(directory: string, fleet: string, clock: Clock): Promise<KeyPair> {
  return await keep(directory, "ca", await createAuthority({ fleet, now: clock.now() }));
}

async function newController(
  directory: string,
  authority: KeyPair,
  name: string,
  clock: Clock,
): Promise<KeyPair> {
  const { keyPem, requestPem } = await createKeyAndRequest();
  const key = await readRequest(requestPem);
  const certificatePem = await issueCertificate({
    authority,
    key,
    name,
    kind: "controller",
    now: clock.now(),
  });
  return await keep(directory, "controller", { keyPem, certificatePem });
}

/** The key is written first, so a certificate that is there has its key. */
async function keep(directory: string, name: string, pair: KeyPair): Promise<KeyPair> {
  await writePrivateFile(join(directory, `${name}.key`), pair.keyPem);
  await writePrivateFile(join(directory, `${name}.pem`), pair.certificatePem);
  return pair;
}

/** A pair that a crash left half renewed (new key, old certificate) counts as not there. */
async function keptPair(directory: string, name: string): Promise<KeyPair | null> {
  const keyPem = await readTextIfExists(join(directory, `${name}.key`));
  const certificatePem = await readTextIfExists(join(directory, `${name}.pem`));
  if (keyPem === null || certificatePem === null) return null;
  return isPair(keyPem, certificatePem) ? { keyPem, certificatePem } : null;
}
