import { createHash } from "node:crypto";
import { hostname } from "node:os";

export { platformName } from "./platform.ts";

/** Changes at each boot. Linux's boot id; elsewhere the time of the boot. */
export function bootId(): string {
  return readLine("/proc/sys/kernel/random/boot_id") ?? `up-since-${bootTimeSeconds()}`;
}

/** Stays the same while the machine's disk does; null where the system has none. */
export function machineId(): string | null {
  return readLine("/etc/machine-id") ?? readLine("/var/lib/dbus/machine-id");
}

/**
 * A short name for this machine under a home that several machines may share: `<hostname>-<8 hex of machine id>`.
 */
export function machineName(): string {
  const id = createHash("sha256").update(machineId() ?? hostname()).digest("hex").slice(0, 8);
  return `${hostname().split(".")[0]!.replaceAll(/[^A-Za-z0-9-]/g, "-")}-${id}`;
}

function readLine(path: string): string | null {
  try {
    const text = Deno.readTextFileSync(path).trim();
    return text === "" ? null : text;
  } catch {
    return null;
  }
}

/** Rounded to 10 s: it is computed from an uptime and would otherwise wander. */
function bootTimeSeconds(): number {
  return Math.round((Date.now() / 1000 - Deno.osUptime()) / 10) * 10;
}
