import { z } from "../schema.ts";

// What `--output json` prints for commands that no route answers alone.

/** `muster logs`. */
export const logTextSchema = z.object({
  job_id: z.string(),
  index: z.number().int(),
  text: z.string().describe("Both streams, merged"),
}).meta({ id: "LogText" });

/** `muster fetch`. */
export const fetchedSchema = z.object({
  directory: z.string(),
  files: z.number().int(),
  bytes: z.number().int(),
  replaced: z.number().int().describe("Files that were there with another content"),
}).meta({ id: "Fetched" });

/** `muster delete`. */
export const deletedSchema = z.object({ deleted: z.string().describe("Id of the job") }).meta({
  id: "Deleted",
});

/** `muster token revoke`. */
export const revokedSchema = z.object({ revoked: z.string().describe("Id of the token") }).meta({
  id: "Revoked",
});

/** `muster context list`. */
export const contextsSchema = z.object({
  items: z.array(z.object({ name: z.string(), url: z.string(), current: z.boolean() })),
}).meta({ id: "Contexts" });

/** `muster context use` and `muster login`. */
export const currentContextSchema = z.object({
  current: z.string(),
  url: z.string().optional(),
}).meta({ id: "CurrentContext" });

/** `muster controller stop`. */
export const stoppedSchema = z.object({ stopped: z.boolean().describe("False: none ran") }).meta({
  id: "Stopped",
});

/** `muster controller install` and `uninstall`. */
export const servicedSchema = z.object({
  installed: z.string().optional(),
  uninstalled: z.string().optional(),
}).meta({ id: "Serviced" });

/** The same with `--dry-run`. */
export const servicePlanSchema = z.object({
  path: z.string(),
  text: z.string(),
  commands: z.array(z.array(z.string())),
}).meta({ id: "ServicePlan" });

/** `muster agent start --detach`. */
export const startedAgentSchema = z.object({ pid: z.number().int(), log: z.string() }).meta({
  id: "StartedAgent",
});
