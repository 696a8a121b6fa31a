import { createHash } from "node:crypto";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { MusterError } from "../../core/errors.ts";
import { bare, words } from "./transport.ts";

/** What `muster login` keeps of a controller besides its token. */
export interface LoginAddress {
  /** PEM. */
  readonly ca: string;
  /** The exact name in the controller's certificate. */
  readonly serverName: string;
}

/** How long a handshake may take, in milliseconds. */
const HANDSHAKE_MS = 10_000;

/**
 * Finds the fleet's authority and the controller's name at an https `url`, and believes them only if the
 * authority's SHA-256 is `fingerprint` (`SHA256:` and 64 hex digits; case and colons do not matter) and a second
 * handshake proves that the controller has a certificate of it. No token is sent. Throws `InvalidInput`,
 * `NotAllowed` for another authority, `Unreachable`.
 */
export async function loginAddress(url: string, fingerprint: string): Promise<LoginAddress> {
  const target = targetOf(url);
  const wanted = digitsOf(fingerprint);
  const { ca, digest, serverName } = await fetchAuthority(target);
  if (digest !== wanted) {
    throw new MusterError(
      "NotAllowed",
      `Cannot log in to "${url}": its authority is SHA256:${digest}, wanted SHA256:${wanted}`,
      { hint: "Ask the owner for the fingerprint that `muster controller status` shows there; do not go on" },
    );
  }
  await handshake(target, { ca, serverName });
  return { ca, serverName };
}

interface Target {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

function targetOf(url: string): Target {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== "https:") {
    throw new MusterError(
      "InvalidInput",
      `Cannot log in to "${url}": wanted an address like https://HOST:7770`,
    );
  }
  return { url, host: bare(parsed.hostname), port: parsed.port === "" ? 443 : Number(parsed.port) };
}

function digitsOf(fingerprint: string): string {
  const digits = fingerprint.trim().replace(/^sha256:/i, "").replaceAll(":", "").toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return digits;
  throw new MusterError(
    "InvalidInput",
    `Cannot log in: fingerprint "${fingerprint}" is not SHA256: and 64 hex digits`,
  );
}

/** The last certificate of the chain that the address shows, and the leaf's one name. Nothing of it is believed yet. */
async function fetchAuthority(target: Target): Promise<LoginAddress & { readonly digest: string }> {
  const leaf = await handshake(target, null);
  const serverName = /^DNS:([^,\s]+)$/.exec(leaf.subjectaltname ?? "")?.[1];
  const authority = rootOf(leaf);
  if (serverName === undefined || authority === leaf) {
    throw new MusterError("Unreachable", `Cannot log in to "${target.url}": it is not a Muster controller`);
  }
  return {
    ca: pemOf(authority.raw),
    digest: createHash("sha256").update(authority.raw).digest("hex"),
    serverName,
  };
}

/** A self-signed certificate is its own issuer. */
function rootOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate {
  let root = leaf;
  for (let depth = 0; depth < 5; depth++) {
    const issuer = root.issuerCertificate;
    if (issuer === undefined || issuer === null || issuer.raw.equals(root.raw)) return root;
    root = issuer;
  }
  return root;
}

/** The certificate that the address shows. With `trust`, throws unless it is that authority's for that name. */
function handshake(target: Target, trust: LoginAddress | null): Promise<DetailedPeerCertificate> {
  return new Promise((resolve, reject) => {
    const failed = (cause: unknown) => {
      socket.destroy();
      const message = `Cannot reach the controller at "${target.url}": ${words(cause)}`;
      reject(new MusterError("Unreachable", message, { cause }));
    };
    const socket = connect({
      host: target.host,
      port: target.port,
      minVersion: "TLSv1.3",
      ...(trust === null
        ? { rejectUnauthorized: false, servername: "controller.muster.internal" }
        : { ca: trust.ca, servername: trust.serverName }),
    }, () => {
      const certificate = socket.getPeerCertificate(true);
      socket.destroy();
      resolve(certificate);
    });
    socket.on("error", failed);
    socket.setTimeout(HANDSHAKE_MS, () => failed(new Error("the handshake took too long")));
  });
}

function pemOf(der: Uint8Array): string {
  const lines = der.toBase64().match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
