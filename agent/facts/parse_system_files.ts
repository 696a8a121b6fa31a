/** Bytes in use and in all, from `/proc/meminfo`; null if it is not one. */
export function parseMeminfo(
  text: string,
): { readonly totalBytes: number; readonly usedBytes: number } | null {
  const total = kib(text, "MemTotal");
  // Kernels before 3.14 have no MemAvailable.
  const available = kib(text, "MemAvailable") ?? kib(text, "MemFree");
  if (total === null || available === null) return null;
  return { totalBytes: total * 1024, usedBytes: (total - available) * 1024 };
}

function kib(text: string, name: string): number | null {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text);
  return match === null ? null : Number(match[1]);
}

/** Name and version of the system from `os-release`; null if it says none. */
export function parseOsRelease(text: string): string | null {
  const value = /^PRETTY_NAME=(.*)$/m.exec(text)?.[1]?.trim() ?? "";
  const plain = value.replace(/^(["'])(.*)\1$/, "$2").replace(/\\(["$`\\])/g, "$1");
  return plain === "" ? null : plain;
}

/** Ticks all CPUs were busy and in all, from the first line of `/proc/stat`; null if it is not one. */
export function parseCpuTicks(text: string): { readonly busy: number; readonly total: number } | null {
  const match = /^cpu\s+(.*)$/m.exec(text);
  if (match === null) return null;
  // user nice system idle iowait irq softirq steal; guest times are in user and nice already.
  const ticks = match[1]!.trim().split(/\s+/).slice(0, 8).map(Number);
  const total = ticks.reduce((sum, count) => sum + count, 0);
  return { busy: total - (ticks[3] ?? 0) - (ticks[4] ?? 0), total };
}
