import { join } from "node:path";
import { MusterError } from "../core/errors.ts";
import { readTextIfExists, writePrivateFile } from "../system/files.ts";

/** Who this host is and whom it serves. */
export interface Identity {
  readonly hostId: string;
  readonly fleet: string;
  /** `host:port` of the agents' listener. */
  readonly controller: string;
  /** The exact name in the controller's certificate. */
  readonly controllerName: string;
  readonly keyPem: string;
  readonly certificatePem: string;
  readonly caPem: string;
  /** Highest epoch of a controller that this host has served; 0 before the first. */
  readonly epoch: number;
}

/** What `host.json` holds, in snake_case as all files. */
interface HostFile {
  readonly host_id: string;
  readonly fleet: string;
  readonly controller: string;
  readonly controller_name: string;
}

/**
 * Reads `directory`: host.json, host.key, host.pem, ca.pem, epoch. Null before this host was enrolled. Throws
 * `InvalidInput` for files that are not ours.
 */
export async function loadIdentity(directory: string): Promise<Identity | null> {
  const [host, keyPem, certificatePem, caPem, epoch] = await Promise.all(
    ["host.json", "host.key", "host.pem", "ca.pem", "epoch"].map((name) =>
      readTextIfExists(join(directory, name))
    ),
  );
  if (!host || !keyPem || !certificatePem || !caPem) return null;
  const file = parse(directory, host);
  return {
    hostId: file.host_id,
    fleet: file.fleet,
    controller: file.controller,
    controllerName: file.controller_name,
    keyPem,
    certificatePem,
    caPem,
    epoch: Number(epoch ?? 0) || 0,
  };
}

/** Writes all of it, 0600; host.json last, so a half-written identity counts as none. */
export async function saveIdentity(directory: string, identity: Identity): Promise<void> {
  const file: HostFile = {
    host_id: identity.hostId,
    fleet: identity.fleet,
    controller: identity.controller,
    controller_name: identity.controllerName,
  };
  await writePrivateFile(join(directory, "host.key"), identity.keyPem);
  await writePrivateFile(join(directory, "host.pem"), identity.certificatePem);
  await writePrivateFile(join(directory, "ca.pem"), identity.caPem);
  await recordEpoch(directory, identity.epoch);
  await writePrivateFile(join(directory, "host.json"), `${JSON.stringify(file, null, 2)}\n`);
}

/** Remembers the epoch: a controller with a lower one is an old copy, and is refused. */
export async function recordEpoch(directory: string, epoch: number): Promise<void> {
  await writePrivateFile(join(directory, "epoch"), `${epoch}\n`);
}

function parse(directory: string, text: string): HostFile {
  try {
    const file = JSON.parse(text) as Partial<HostFile>;
    const { host_id, fleet, controller, controller_name } = file;
    if ([host_id, fleet, controller, controller_name].every((field) => typeof field === "string")) {
      return file as HostFile;
    }
  } catch {
    // Said below.
  }
  throw new MusterError(
    "InvalidInput",
    `Cannot read the identity of this host: ${join(directory, "host.json")}`,
    {
      hint: "Remove the directory and add the host again",
    },
  );
}
