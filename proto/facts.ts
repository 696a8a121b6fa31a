import { MusterError } from "../core/errors.ts";
import type { HostFacts } from "../core/host.ts";
import { z } from "../core/schema.ts";

const bytesSchema = z.number().int().nonnegative();
const wordSchema = z.string().max(1000);

/** HostFacts as the wire and the store hold them. Fields that a newer agent adds are dropped. */
const factsSchema = z.object({
  hostname: wordSchema,
  platform: wordSchema,
  cpus: z.number().positive(),
  memory_bytes: bytesSchema,
  disk: z.object({ free_bytes: bytesSchema, total_bytes: bytesSchema }).nullable(),
  gpus: z.array(z.object({
    index: z.number().int().nonnegative(),
    model: wordSchema,
    memory_bytes: bytesSchema.nullable(),
    uuid: wordSchema.nullable(),
    driver: wordSchema.nullable(),
  })).max(1024),
  boot_id: wordSchema,
  machine_id: wordSchema.nullable(),
  os: wordSchema.nullable(),
  kernel: wordSchema.nullable(),
});

export function factsToJson(facts: HostFacts): string {
  const json: z.input<typeof factsSchema> = {
    hostname: facts.hostname,
    platform: facts.platform,
    cpus: facts.cpus,
    memory_bytes: facts.memoryBytes,
    disk: facts.disk === null
      ? null
      : { free_bytes: facts.disk.freeBytes, total_bytes: facts.disk.totalBytes },
    gpus: facts.gpus.map(({ index, model, memoryBytes, uuid, driver }) => ({
      index,
      model,
      memory_bytes: memoryBytes,
      uuid,
      driver,
    })),
    boot_id: facts.bootId,
    machine_id: facts.machineId,
    os: facts.os,
    kernel: facts.kernel,
  };
  return JSON.stringify(json);
}

/** Throws `InvalidInput` naming the first field that is wrong. */
export function factsFromJson(text: string): HostFacts {
  const json = parse(text);
  return {
    hostname: json.hostname,
    platform: json.platform,
    cpus: json.cpus,
    memoryBytes: json.memory_bytes,
    disk: json.disk === null ? null : { freeBytes: json.disk.free_bytes, totalBytes: json.disk.total_bytes },
    gpus: json.gpus.map(({ index, model, memory_bytes, uuid, driver }) => ({
      index,
      model,
      memoryBytes: memory_bytes,
      uuid,
      driver,
    })),
    bootId: json.boot_id,
    machineId: json.machine_id,
    os: json.os,
    kernel: json.kernel,
  };
}

function parse(text: string): z.output<typeof factsSchema> {
  try {
    return factsSchema.parse(JSON.parse(text));
  } catch (cause) {
    const field = cause instanceof z.ZodError ? cause.issues[0]?.path.join(".") : undefined;
    const where = field === undefined ? "not JSON" : `field "${field}"`;
    throw new MusterError("InvalidInput", `Cannot read the facts of a host: ${where}`, { cause });
  }
}
