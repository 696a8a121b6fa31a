import { MusterError } from "../core/errors.ts";

/** One controller this machine knows, as `client.json` keeps it. */
export interface KnownController {
  readonly url: string;
  readonly token: string;
  /** PEM of the fleet's authority; absent for plain HTTP on loopback. */
  readonly ca?: string;
  /** The one name its certificate must carry, `controller.<fleet>.muster.internal`. */
  readonly serverName?: string;
}

/**
 * `client.json` (0600):
 *
 * ```json
 * { "current": "desk", "contexts": { "desk": { "url": "https://…", "token": "…", "ca": "PEM", "server_name": "…" } } }
 * ```
 *
 * `current` null stands for the controller of this machine.
 */
export interface ClientFile {
  readonly current: string | null;
  readonly contexts: Readonly<Record<string, KnownController>>;
}

/** The name of this machine's own controller among the contexts. */
export const LOCAL_CONTEXT = "local";

const EMPTY: ClientFile = { current: null, contexts: {} };

/** The contexts in `path`; none if there is no such file. Throws `InvalidInput` if it does not hold contexts. */
export async function readClientFile(path: string): Promise<ClientFile> {
  try {
    return parseClientFile(await Deno.readTextFile(path));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return EMPTY;
    throw new MusterError("InvalidInput", `Cannot read the contexts in "${path}": ${reasonOf(cause)}`, {
      hint: "Move the file away and log in again: muster login URL --ca SHA256:…",
      cause,
    });
  }
}

/** Replaces `path` in one step; nobody but its owner can read it. */
export async function writeClientFile(path: string, file: ClientFile): Promise<void> {
  const { writePrivateFile } = await import("../system/files.ts");
  await writePrivateFile(path, formatClientFile(file));
}

/** `current` names a context that is there. Throws `TypeError` on another shape. */
export function parseClientFile(text: string): ClientFile {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value) || !isRecord(value.contexts)) throw new TypeError('it has no object "contexts"');
  const contexts = Object.fromEntries(
    Object.entries(value.contexts).map(([name, each]) => [name, parseKnown(name, each)]),
  );
  const current = typeof value.current === "string" && value.current in contexts ? value.current : null;
  return { current, contexts };
}

export function formatClientFile(file: ClientFile): string {
  const contexts = Object.fromEntries(
    Object.entries(file.contexts).map(([name, each]) => [name, {
      url: each.url,
      token: each.token,
      ...each.ca === undefined ? {} : { ca: each.ca },
      ...each.serverName === undefined ? {} : { server_name: each.serverName },
    }]),
  );
  return JSON.stringify({ current: file.current, contexts }, null, 2) + "\n";
}

function parseKnown(name: string, value: unknown): KnownController {
  if (!isRecord(value) || typeof value.url !== "string" || typeof value.token !== "string") {
    throw new TypeError(`context "${name}" has no "url" and "token"`);
  }
  return {
    url: value.url,
    token: value.token,
    ...typeof value.ca === "string" ? { ca: value.ca } : {},
    ...typeof value.server_name === "string" ? { serverName: value.server_name } : {},
  };
}

function reasonOf(cause: unknown): string {
  // A JSON error quotes the text around the fault, and here the text holds tokens.
  if (cause instanceof SyntaxError) return "it is not JSON";
  return cause instanceof Error ? cause.message : String(cause);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
