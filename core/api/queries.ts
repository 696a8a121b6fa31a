import { z } from "../schema.ts";
import { pageQuerySchema } from "./common.ts";
import { jobStateSchema, taskStateSchema } from "./jobs.ts";

/** `?limit=&cursor=`; an unknown parameter is an error. */
export const listQuerySchema = z.strictObject(pageQuerySchema.shape);

/** `GET /jobs`. */
export const jobsQuerySchema = listQuerySchema.extend({
  name: z.string().optional(),
  state: jobStateSchema.optional(),
});

/** `GET /jobs/{job}/tasks`. */
export const tasksQuerySchema = listQuerySchema.extend({ state: taskStateSchema.optional() });

const flagSchema = z.enum(["true", "false", "1", "0", ""]).transform((word) =>
  word !== "false" && word !== "0"
);

/** `GET …/log`. */
export const logQuerySchema = z.strictObject({
  attempt: z.coerce.number().int().positive().optional().describe("Default: the newest"),
  offset: z.coerce.number().int().min(0).default(0).describe("Bytes to leave out"),
  follow: flagSchema.default(false).describe("Until the attempt ends; waits for a task that has not begun"),
});

/** `GET /events`. */
export const eventsQuerySchema = z.strictObject({
  since: z.coerce.number().int().min(0).optional().describe("Events after this number; default: from now on"),
  job: z.string().optional(),
});

/** `POST /jobs/{job}/kill`. */
export const killSchema = z.strictObject({
  indexes: z.array(z.number().int().positive()).min(1).optional().describe("Default: all tasks"),
}).meta({ id: "Kill" });

/** `POST /blobs/missing`: those that are not stored. */
export const missingResultSchema = z.object({ missing: z.array(z.string()) }).meta({ id: "MissingResult" });

/** Answer of an upload. */
export const storedBlobsSchema = z.object({
  stored: z.number().int().describe("Were new"),
  existed: z.number().int().describe("Were there already"),
}).meta({ id: "StoredBlobs" });
