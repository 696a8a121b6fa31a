import type { HostBody, HostSampleBody } from "../core/api/fleet.ts";
import { formatBytes } from "../core/quantity.ts";
import { oneLine } from "./output/plain.ts";

/** `2 NVIDIA GB10`, kinds in their order; `-` for none. */
export function gpuWords(gpus: HostBody["gpus"]): string {
  const counts = new Map<string, number>();
  for (const { model } of gpus) counts.set(model, (counts.get(model) ?? 0) + 1);
  return counts.size === 0 ? "-" : [...counts].map(([model, count]) => `${count} ${model}`).join(", ");
}

/** `3.2 of 20 busy`, or `20` where nothing was sampled. */
export function cpuWords({ cpus }: HostBody, sample: HostSampleBody | null): string {
  return sample === null ? String(cpus) : `${sample.cpu_used.toFixed(1)} of ${cpus} busy`;
}

/** `12.4 GiB of 128 GiB used`, or `128 GiB` where nothing was sampled. */
export function memoryWords({ memory }: HostBody, sample: HostSampleBody | null): string {
  return sample === null ? formatBytes(memory) : `${usedOf(sample.memory_used, memory)} used`;
}

/** `37% busy, 20 GiB of 80 GiB used`, as far as the host's tool says. */
export function gpuUseWords({ gpus }: HostBody, gpu: HostSampleBody["gpus"][number]): string {
  const total = gpus.find(({ index }) => index === gpu.index)?.memory ?? null;
  const parts = [
    gpu.utilization === null ? [] : [`${Math.round(gpu.utilization * 100)}% busy`],
    gpu.memory_used === null ? [] : [`${usedOf(gpu.memory_used, total)} used`],
  ].flat();
  return parts.length === 0 ? "-" : parts.join(", ");
}

/** `2026-01-02T03:04:05.678Z  CPUs 3.2 of 20 busy · memory 12.4 GiB of 128 GiB used · GPU 0 37% busy`. */
export function sampleLine(host: HostBody, sample: HostSampleBody): string {
  const parts = [
    `CPUs ${cpuWords(host, sample)}`,
    `memory ${memoryWords(host, sample)}`,
    ...sample.gpus.map((gpu) => `GPU ${gpu.index} ${gpuUseWords(host, gpu)}`),
  ];
  return oneLine(`${sample.at}  ${parts.join(" · ")}`);
}

function usedOf(used: number, total: number | null): string {
  return total === null ? formatBytes(used) : `${formatBytes(used)} of ${formatBytes(total)}`;
}
