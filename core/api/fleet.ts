import { BLOB_NAME } from "../blob_name.ts";
import { z } from "../schema.ts";
import { pageSchema, timeSchema } from "./common.ts";

export const hostStateSchema = z.enum(["ready", "away", "draining", "lost", "removed"]);

export const gpuSchema = z.object({
  index: z.number().int(),
  model: z.string(),
  memory: z.number().nullable().describe("Bytes; null: unified memory"),
  uuid: z.string().nullable(),
  driver: z.string().nullable(),
}).meta({ id: "Gpu" });

/** What a host uses: `GET /hosts/{host}/samples` sends one a second. */
export const hostSampleSchema = z.object({
  at: timeSchema,
  cpu_used: z.number().describe("CPUs busy, 0 to the number of CPUs"),
  memory_used: z.number().describe("Bytes"),
  gpus: z.array(z.object({
    index: z.number().int(),
    utilization: z.number().nullable().describe("0 to 1; null where the host's tool does not say"),
    memory_used: z.number().nullable().describe("Bytes; null where the host's tool does not say"),
  })),
}).meta({ id: "HostSample" });

export const hostSchema = z.object({
  id: z.string(),
  name: z.string(),
  state: hostStateSchema,
  platform: z.string(),
  cpus: z.number(),
  memory: z.number(),
  gpus: z.array(gpuSchema),
  labels: z.record(z.string(), z.string()),
  agent_version: z.string(),
  last_seen_at: timeSchema.nullable(),
  running: z.number().int().describe("Tasks it holds now"),
  refusing: z.string().nullable().describe("Why it takes no new work, in words"),
  disk: z.object({ free: z.number(), total: z.number() }).nullable(),
  sample: hostSampleSchema.nullable().describe(
    "The newest, up to a minute old; null while it has no session",
  ),
}).meta({ id: "Host" });

export const hostPageSchema = pageSchema(hostSchema, "HostPage");

/** `POST /hosts/enroll` (owner): a new or returning host asks for its certificate. The key never travels. */
export const enrollSchema = z.strictObject({
  name: z.string(),
  csr: z.string().describe("PEM; only its public key is used"),
  machine_id: z.string().nullable().default(null),
}).meta({ id: "Enroll" });

export const enrolledSchema = z.object({
  host_id: z.string(),
  fleet: z.string(),
  certificate: z.string().describe("PEM"),
  ca: z.string().describe("PEM"),
  controller: z.string().describe("host:port of the agents' listener"),
  controller_name: z.string().describe("The exact name in the controller's certificate"),
}).meta({ id: "Enrolled" });

/** `owner` may do everything; `submit` also changes jobs and stores blobs; `read` looks. */
export const roleSchema = z.enum(["owner", "submit", "read"]);

export const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  created_at: timeSchema,
  expires_at: timeSchema.nullable(),
  revoked_at: timeSchema.nullable(),
  last_used_at: timeSchema.nullable(),
}).meta({ id: "Token" });

export const createTokenSchema = z.strictObject({
  name: z.string().min(1).max(100),
  role: roleSchema.default("submit"),
  expires_in: z.number().positive().nullable().default(null).describe("Seconds"),
}).meta({ id: "CreateToken" });

export const createdTokenSchema = tokenSchema.extend({
  token: z.string().describe("Shown this once"),
}).meta({ id: "CreatedToken" });

export const tokenPageSchema = pageSchema(tokenSchema, "TokenPage");

export const eventSchema = z.object({
  seq: z.number().int(),
  at: timeSchema,
  kind: z.string().describe("job.submitted, task.running, host.away …"),
  job_id: z.string().nullable(),
  index: z.number().int().nullable(),
  host: z.string().nullable(),
  data: z.record(z.string(), z.unknown()),
}).meta({ id: "Event" });

/** `GET /status`: the controller about itself. */
export const statusSchema = z.object({
  version: z.string(),
  fleet: z.string(),
  pid: z.number().int(),
  url: z.string(),
  agents_at: z.string().describe("host:port of the agents' listener"),
  started_at: timeSchema,
  uptime: z.number().describe("Seconds"),
  epoch: z.number().int(),
  hosts: z.object({ ready: z.number().int(), away: z.number().int(), lost: z.number().int() }),
  jobs: z.object({ pending: z.number().int(), running: z.number().int(), ended: z.number().int() }),
  tasks: z.object({ pending: z.number().int(), claimed: z.number().int(), running: z.number().int() }),
  refusing: z.string().nullable().describe("Why submissions are refused now, in words"),
  starts_at_boot: z.boolean(),
  ca_fingerprint: z.string().optional().describe(
    "`SHA256:…` of the fleet's authority, for `muster login --ca`",
  ),
}).meta({ id: "Status" });

export const healthSchema = z.object({ ok: z.literal(true), version: z.string() }).meta({ id: "Health" });

export const missingBlobsSchema = z.strictObject({
  sha256: z.array(z.string().regex(BLOB_NAME)).max(10_000),
})
  .meta({ id: "MissingBlobs" });

export type HostSampleBody = z.output<typeof hostSampleSchema>;
export type HostBody = z.output<typeof hostSchema>;
export type EnrollBody = z.input<typeof enrollSchema>;
export type EnrolledBody = z.output<typeof enrolledSchema>;
export type Role = z.output<typeof roleSchema>;
export type TokenBody = z.output<typeof tokenSchema>;
export type CreateTokenBody = z.input<typeof createTokenSchema>;
export type CreatedTokenBody = z.output<typeof createdTokenSchema>;
export type EventBody = z.output<typeof eventSchema>;
export type StatusBody = z.output<typeof statusSchema>;
export type HealthBody = z.output<typeof healthSchema>;
