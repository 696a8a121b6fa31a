import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { Buffer } from "node:buffer";
import { dnsNames } from "../core/certificate_names.ts";
import { MusterError } from "../core/errors.ts";
import type { Instant } from "../core/time.ts";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** A new private key and the request that proves its possession; the key never travels. */
export interface KeyAndRequest {
  readonly keyPem: string;
  readonly requestPem: string;
}

/** What is taken from a request: its key, and nothing else. */
export interface RequestedKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array<ArrayBuffer>;
  readonly sha256: Uint8Array;
}

export interface IssueOptions {
  readonly authority: KeyPair;
  /** From {@linkcode readRequest}: possession of its private key is proven. */
  readonly key: RequestedKey;
  /** The one DNS name. Written by the controller, never taken from a request. */
  readonly name: string;
  /** A controller answers agents (serverAuth), a host dials (clientAuth). */
  readonly kind: "controller" | "host";
  readonly now: Instant;
}

const DAY_MS = 86_400_000;
/** Hosts' clocks may be wrong by days. */
const BACKDATED_MS = 7 * DAY_MS;
const LIFE_MS = 90 * DAY_MS;
const AUTHORITY_LIFE_MS = 10 * 365 * DAY_MS;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** The fleet's own certificate authority: ECDSA P-256, ten years. */
export async function createAuthority(
  options: { readonly fleet: string; readonly now: Instant },
): Promise<KeyPair> {
  const x509 = await loadX509();
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [`Muster fleet ${options.fleet}`] }],
    notBefore: new Date(options.now - BACKDATED_MS),
    notAfter: new Date(options.now + AUTHORITY_LIFE_MS),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { keyPem: await privateKeyPem(keys.privateKey), certificatePem: pem(certificate.toString("pem")) };
}

/** A certificate of 90 days for one name, valid from a week ago. */
export async function issueCertificate(options: IssueOptions): Promise<string> {
  const x509 = await loadX509();
  const issuer = new x509.X509Certificate(options.authority.certificatePem);
  const publicKey = await crypto.subtle.importKey("spki", options.key.spki, ALGORITHM, true, ["verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [`Muster ${options.kind}`] }],
    issuer: issuer.subject,
    notBefore: new Date(options.now - BACKDATED_MS),
    notAfter: new Date(options.now + LIFE_MS),
    signingAlgorithm: SIGNING,
    publicKey,
    signingKey: await importPrivateKey(options.authority.keyPem),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([options.kind === "controller" ? SERVER_AUTH : CLIENT_AUTH], true),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: options.name }]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export()),
    ],
  });
  return pem(certificate.toString("pem"));
}

/** A new key and a request for it. The request names nobody: names are the controller's to give. */
export async function createKeyAndRequest(): Promise<KeyAndRequest> {
  const x509 = await loadX509();
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: ["Muster"] }],
    keys,
    signingAlgorithm: SIGNING,
  });
  return { keyPem: await privateKeyPem(keys.privateKey), requestPem: pem(request.toString("pem")) };
}

/** The key of a signing request. Throws `InvalidInput` unless the request is a P-256 one signed by that key. */
export async function readRequest(requestPem: string): Promise<RequestedKey> {
  const x509 = await loadX509();
  try {
    const request = new x509.Pkcs10CertificateRequest(requestPem);
    if (!await request.verify()) throw new Error("its signature is wrong");
    const spki = new Uint8Array(request.publicKey.rawData);
    await crypto.subtle.importKey("spki", spki, ALGORITHM, true, ["verify"]);
    return { spki, sha256: createHash("sha256").update(spki).digest() };
  } catch (cause) {
    throw new MusterError(
      "InvalidInput",
      "Cannot read the signing request: wanted PEM of a PKCS #10 request for a P-256 key, signed by it",
      { cause },
    );
  }
}

/**
 * `SHA256:` and 64 lower-case hex digits of the certificate's DER, as `muster login URL --ca` takes it. Compare
 * with {@linkcode isFingerprintOf}, which also takes what `openssl x509 -fingerprint -sha256` prints.
 */
export function certificateFingerprint(certificatePem: string): string {
  return `SHA256:${createHash("sha256").update(new X509Certificate(certificatePem).raw).digest("hex")}`;
}

/** Whether a person's copy of a fingerprint is this certificate's; case and colons between bytes do not matter. */
export function isFingerprintOf(fingerprint: string, certificatePem: string): boolean {
  const digits = fingerprint.trim().replace(/^sha256:/i, "").replaceAll(":", "").toLowerCase();
  return `SHA256:${digits}` === certificateFingerprint(certificatePem);
}

/** DNS names and times of a certificate, and the SHA-256 of its key as {@linkcode readRequest} gives it. */
export function readCertificate(pemOrDer: string | Uint8Array): {
  readonly names: readonly string[];
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  readonly keySha256: Uint8Array;
} {
  const certificate = new X509Certificate(pemOrDer);
  const spki = certificate.publicKey.export({ type: "spki", format: "der" });
  return {
    names: dnsNames(certificate.subjectAltName ?? ""),
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    keySha256: createHash("sha256").update(spki).digest(),
  };
}

/** Whether the certificate is for this private key. */
export function isPair(keyPem: string, certificatePem: string): boolean {
  return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem));
}

/** The library needs reflect-metadata to be there before it. Both are loaded when certificates are made. */
async function loadX509(): Promise<typeof import("@peculiar/x509")> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(crypto);
  return x509;
}

async function privateKeyPem(key: CryptoKey): Promise<string> {
  const base64 = Buffer.from(await crypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${base64.replace(/.{64}(?=.)/g, "$&\n")}\n-----END PRIVATE KEY-----\n`;
}

function importPrivateKey(keyPem: string): Promise<CryptoKey> {
  const der = Buffer.from(keyPem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return crypto.subtle.importKey("pkcs8", new Uint8Array(der), ALGORITHM, false, ["sign"]);
}

/** 16 random bytes, positive and without a leading zero. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

function pem(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
