import type { HostSample } from "../core/host.ts";
import { GPU_SAMPLE_QUERY, parseGpuSamples } from "./facts/parse_nvidia_smi.ts";
import { parseCpuTicks, parseMeminfo } from "./facts/parse_system_files.ts";
import { runTool } from "./facts/run_tool.ts";
import { readTextOrNull } from "./small_file.ts";

/** Takes samples when asked; nothing runs between. */
export class Sampler {
  readonly #hasGpus: boolean;
  #before = readTicks();

  constructor(hasGpus: boolean) {
    this.#hasGpus = hasGpus;
  }

  async sample(): Promise<HostSample> {
    const ticks = readTicks();
    const total = ticks.total - this.#before.total;
    const cpuUsed = total <= 0 ? 0 : (ticks.busy - this.#before.busy) / total * navigator.hardwareConcurrency;
    this.#before = ticks;
    const gpus = this.#hasGpus ? parseGpuSamples(await runTool("nvidia-smi", GPU_SAMPLE_QUERY) ?? "") : [];
    return { cpuUsed, memoryUsedBytes: memoryUsed(), gpus };
  }
}

/** Without /proc (macOS), the load average stands in for busy time. */
function readTicks(): { readonly busy: number; readonly total: number } {
  const ticks = parseCpuTicks(readTextOrNull("/proc/stat") ?? "");
  if (ticks !== null) return ticks;
  loadTicks.busy += Math.min(1, (Deno.loadavg()[0] ?? 0) / navigator.hardwareConcurrency);
  loadTicks.total += 1;
  return { ...loadTicks };
}

const loadTicks = { busy: 0, total: 0 };

function memoryUsed(): number {
  const meminfo = parseMeminfo(readTextOrNull("/proc/meminfo") ?? "");
  if (meminfo !== null) return meminfo.usedBytes;
  const { total, available } = Deno.systemMemoryInfo();
  return total - available;
}
