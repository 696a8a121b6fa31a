import { X509Certificate } from "node:crypto";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { MusterError } from "../core/errors.ts";
import { isFingerprintOf, readCertificate } from "./certificates.ts";

/** The fleet's authority and the name of its controller. */
export interface Authority {
  /** PEM. */
  readonly ca: string;
  /** The one name in the controller's certificate. */
  readonly serverName: string;
}

const LIMIT_MS = 10_000;

/**
 * The authority at the end of the chain that `url` shows, if its SHA-256 is `fingerprint` and it signed the
 * controller's certificate. Nothing is sent before that is known. Throws `NotAllowed` or `Unreachable`.
 */
export async function fetchAuthority(url: string, fingerprint: string): Promise<Authority> {
  const chain = await shownChain(url);
  const leaf = chain[0];
  const authority = chain.find((pem) => isFingerprintOf(fingerprint, pem));
  if (leaf === undefined || authority === undefined) {
    throw new MusterError("NotAllowed", `Cannot log in to "${url}": its authority has another fingerprint`, {
      hint: "Compare --ca with what the controller's machine shows: muster controller status",
    });
  }
  const [serverName] = readCertificate(leaf).names;
  const isSigned = new X509Certificate(leaf).verify(new X509Certificate(authority).publicKey);
  if (isSigned && serverName !== undefined) return { ca: authority, serverName };
  throw new MusterError(
    "NotAllowed",
    `Cannot log in to "${url}": its certificate is not signed by its authority`,
  );
}

/** PEM of every certificate the listener shows, its own first. */
function shownChain(url: string): Promise<readonly string[]> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    // The chain is judged by the fingerprint afterwards: nothing here trusts it, and nothing is sent over it.
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || 443),
      rejectUnauthorized: false,
      minVersion: "TLSv1.3",
      timeout: LIMIT_MS,
    });
    const fail = (why: string, cause?: Error) => {
      socket.destroy();
      reject(new MusterError("Unreachable", `Cannot reach the controller "${url}": ${why}`, { cause }));
    };
    socket.once("error", (error) => fail(error.message, error));
    socket.once("timeout", () => fail(`no answer within ${LIMIT_MS / 1000} s`));
    socket.once("secureConnect", () => {
      const chain = pemChain(socket.getPeerCertificate(true));
      socket.destroy();
      resolve(chain);
    });
  });
}

function pemChain(leaf: DetailedPeerCertificate): readonly string[] {
  const chain: string[] = [];
  const seen = new Set<string>();
  for (
    let each: DetailedPeerCertificate | undefined = leaf;
    each?.raw !== undefined;
    each = each.issuerCertificate
  ) {
    const pem = new X509Certificate(each.raw).toString();
    if (seen.has(pem)) break;
    seen.add(pem);
    chain.push(pem);
  }
  return chain;
}
