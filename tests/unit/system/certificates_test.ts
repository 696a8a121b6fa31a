import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { hostCertificateName } from "../../../core/certificate_names.ts";
import {
  certificateFingerprint,
  createAuthority,
  createKeyAndRequest,
  isFingerprintOf,
  isPair,
  issueCertificate,
  readCertificate,
  readRequest,
} from "../../../system/certificates.ts";

const NOW = Date.UTC(2030, 0, 15);
const DAY = 86_400_000;

async function issued(kind: "controller" | "host", name: string) {
  const authority = await createAuthority({ fleet: "f1", now: NOW });
  const { keyPem, requestPem } = await createKeyAndRequest();
  const key = await readRequest(requestPem);
  const certificatePem = await issueCertificate({ authority, key, name, kind, now: NOW });
  return { authority, keyPem, key, certificatePem };
}

Deno.test("issueCertificate() names one DNS name, from a week back, for 90 days, for the request's key", async () => {
  const name = hostCertificateName("h1", "f1");
  const { authority, keyPem, key, certificatePem } = await issued("host", name);
  const read = readCertificate(certificatePem);
  assert.deepEqual(read.names, [name]);
  assert.equal(read.notBefore, NOW - 7 * DAY);
  assert.equal(read.notAfter, NOW + 90 * DAY);
  assert.deepEqual(new Uint8Array(read.keySha256), new Uint8Array(key.sha256));
  assert.ok(isPair(keyPem, certificatePem));
  const certificate = new X509Certificate(certificatePem);
  assert.ok(certificate.verify(new X509Certificate(authority.certificatePem).publicKey));
  assert.equal(certificate.ca, false);
});

Deno.test("readRequest() refuses what is no request, and one whose signature is not by its key", async () => {
  const { requestPem } = await createKeyAndRequest();
  const der = Uint8Array.fromBase64(requestPem.replace(/-----[^-]+-----|\s/g, ""));
  der[der.length - 1]! ^= 1;
  const forged =
    `-----BEGIN CERTIFICATE REQUEST-----\n${der.toBase64()}\n-----END CERTIFICATE REQUEST-----\n`;
  for (
    const bad of [
      forged,
      "",
      "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
    ]
  ) {
    await assert.rejects(readRequest(bad), { code: "InvalidInput" });
  }
});

Deno.test("isFingerprintOf() takes our form and openssl's, and no other certificate's", async () => {
  const { certificatePem, authority } = await issued("host", hostCertificateName("h1", "f1"));
  const fingerprint = certificateFingerprint(certificatePem);
  assert.match(fingerprint, /^SHA256:[0-9a-f]{64}$/);
  const colons = new X509Certificate(certificatePem).fingerprint256;
  for (const form of [fingerprint, colons, ` ${fingerprint.toUpperCase()}\n`]) {
    assert.ok(isFingerprintOf(form, certificatePem), form);
    assert.ok(!isFingerprintOf(form, authority.certificatePem));
  }
});
