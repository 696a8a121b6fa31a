import { controllerCertificateName, hostCertificateName } from "../../core/certificate_names.ts";
import {
  createAuthority,
  createKeyAndRequest,
  issueCertificate,
  type KeyPair,
  readRequest,
} from "../../system/certificates.ts";

export const FLEET = "f1";

/** A CA and certificates of it, without files. */
export interface FleetCertificates {
  readonly authority: KeyPair;
  readonly controller: KeyPair;
  host(hostId: string, options?: { readonly now?: number; readonly name?: string }): Promise<KeyPair>;
}

export async function fleetCertificates(now: number = Date.now()): Promise<FleetCertificates> {
  const authority = await createAuthority({ fleet: FLEET, now });
  const pair = async (name: string, kind: "controller" | "host", at: number): Promise<KeyPair> => {
    const { keyPem, requestPem } = await createKeyAndRequest();
    const key = await readRequest(requestPem);
    return { keyPem, certificatePem: await issueCertificate({ authority, key, name, kind, now: at }) };
  };
  return {
    authority,
    controller: await pair(controllerCertificateName(FLEET), "controller", now),
    host: (hostId, options = {}) =>
      pair(options.name ?? hostCertificateName(hostId, FLEET), "host", options.now ?? now),
  };
}
