import type { HostBody } from "../core/api/fleet.ts";

/** `2 NVIDIA GB10`, kinds in their order; `-` for none. */
export function gpuWords(gpus: HostBody["gpus"]): string {
  const counts = new Map<string, number>();
  for (const { model } of gpus) counts.set(model, (counts.get(model) ?? 0) + 1);
  return counts.size === 0 ? "-" : [...counts].map(([model, count]) => `${count} ${model}`).join(", ");
}
