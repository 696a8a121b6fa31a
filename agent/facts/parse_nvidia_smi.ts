import type { Gpu } from "../../core/host.ts";

const MIB = 2 ** 20;

/** The arguments whose output {@linkcode parseGpus} reads. */
export const GPU_QUERY = [
  "--query-gpu=index,name,memory.total,uuid,driver_version",
  "--format=csv,noheader,nounits",
];
/** The same for {@linkcode parseGpuSamples}. */
export const GPU_SAMPLE_QUERY = [
  "--query-gpu=index,utilization.gpu,memory.used",
  "--format=csv,noheader,nounits",
];

/** What one GPU does now. */
export interface GpuSample {
  readonly index: number;
  /** 0 to 1; null where it is not measured. */
  readonly utilization: number | null;
  readonly memoryUsedBytes: number | null;
}

/** One GPU a line. Lines that are none (errors, warnings) are left out. */
export function parseGpus(text: string): Gpu[] {
  return rows(text, 5).map(([index, model, memory, uuid, driver]) => ({
    index: Number(index),
    model: model!,
    memoryBytes: scaled(memory, MIB),
    uuid: known(uuid),
    driver: known(driver),
  }));
}

export function parseGpuSamples(text: string): GpuSample[] {
  return rows(text, 3).map(([index, utilization, memory]) => ({
    index: Number(index),
    utilization: scaled(utilization, 0.01),
    memoryUsedBytes: scaled(memory, MIB),
  }));
}

function rows(text: string, width: number): string[][] {
  return text.split("\n").map((line) => line.split(",").map((field) => field.trim()))
    .filter((fields) => fields.length === width && /^\d+$/.test(fields[0]!));
}

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]`: nvidia-smi writes what it does not know in brackets. */
function known(field: string | undefined): string | null {
  return field === undefined || field === "" || field.startsWith("[") || field === "N/A" ? null : field;
}

function scaled(field: string | undefined, factor: number): number | null {
  const value = known(field);
  return value === null || !/^\d+(\.\d+)?$/.test(value) ? null : Number(value) * factor;
}
