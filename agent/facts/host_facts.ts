import type { HostFacts } from "../../core/host.ts";
import { diskSpace } from "../disk_guard.ts";
import { readTextOrNull } from "../small_file.ts";
import { parseGpus, GPU_QUERY } from "./parse_nvidia_smi.ts";
import { parseOsRelease } from "./parse_system_files.ts";
import { runTool } from "./run_tool.ts";

/** What this host is. `tasks` is a directory on the disk that will hold the attempts. */
export async function hostFacts(tasks: string, bootId: string): Promise<HostFacts> {
  return {
    hostname: Deno.hostname(),
    platform: platform(Deno.build.os, Deno.build.arch),
    // What affinity and cgroups leave to us, as nproc counts.
    cpus: navigator.hardwareConcurrency,
    memoryBytes: Deno.systemMemoryInfo().total,
    disk: diskSpace(tasks),
    gpus: parseGpus(await runTool("nvidia-smi", GPU_QUERY) ?? ""),
    bootId,
    machineId: await machineId(),
    os: await osName(),
    kernel: Deno.osRelease(),
  };
}

/** `linux-x64`, `linux-arm64`, `macos-arm64`. */
export function platform(os: string, arch: string): string {
  return `${os === "darwin" ? "macos" : os}-${arch === "aarch64" ? "arm64" : "x64"}`;
}

/** Names the machine, not the boot; null where the system has none (some containers). */
export async function machineId(): Promise<string | null> {
  if (Deno.build.os === "darwin") {
    const text = await runTool("ioreg", ["-rd1", "-c", "IOPlatformExpertDevice"]) ?? "";
    return /"IOPlatformUUID" = "([^"]+)"/.exec(text)?.[1]?.toLowerCase() ?? null;
  }
  const text = readTextOrNull("/etc/machine-id") ?? readTextOrNull("/var/lib/dbus/machine-id") ?? "";
  return /^[0-9a-f]{32}$/.test(text.trim()) ? text.trim() : null;
}

async function osName(): Promise<string | null> {
  if (Deno.build.os === "darwin") {
    const version = await runTool("sw_vers", ["-productVersion"]);
    return version === null ? "macOS" : `macOS ${version.trim()}`;
  }
  return parseOsRelease(readTextOrNull("/etc/os-release") ?? readTextOrNull("/usr/lib/os-release") ?? "");
}

