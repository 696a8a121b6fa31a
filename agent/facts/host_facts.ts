import type { HostFacts } from "../../core/host.ts";
import { bootId, machineId, platformName } from "../../system/machine.ts";
import { diskSpace } from "../../system/filesystem.ts";
import { readTextOrNull } from "../small_file.ts";
import { GPU_QUERY, parseGpus } from "./parse_nvidia_smi.ts";
import { parseOsRelease } from "./parse_system_files.ts";
import { runTool } from "./run_tool.ts";

/** What this host is. `tasks` is a directory on the disk that will hold the attempts. */
export async function hostFacts(tasks: string): Promise<HostFacts> {
  return {
    hostname: Deno.hostname(),
    platform: platformName(),
    // What affinity and cgroups leave to us, as nproc counts.
    cpus: navigator.hardwareConcurrency,
    memoryBytes: Deno.systemMemoryInfo().total,
    disk: diskSpace(tasks),
    gpus: parseGpus(await runTool("nvidia-smi", GPU_QUERY) ?? ""),
    bootId: bootId(),
    machineId: machineId(),
    os: await osName(),
    kernel: Deno.osRelease(),
  };
}

async function osName(): Promise<string | null> {
  if (Deno.build.os === "darwin") {
    const version = await runTool("sw_vers", ["-productVersion"]);
    return version === null ? "macOS" : `macOS ${version.trim()}`;
  }
  return parseOsRelease(readTextOrNull("/etc/os-release") ?? readTextOrNull("/usr/lib/os-release") ?? "");
}
