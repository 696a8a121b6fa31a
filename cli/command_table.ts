import { ACCESS_COMMANDS } from "./tables/access.ts";
import { CONTROLLER_COMMANDS } from "./tables/controller.ts";
import { FLEET_COMMANDS } from "./tables/fleet.ts";
import { JOB_COMMANDS } from "./tables/jobs.ts";
import { SUB_COMMAND } from "./tables/sub.ts";
import type { CommandSpec } from "./command.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandSpec[] = [
  SUB_COMMAND,
  ...JOB_COMMANDS,
  ...FLEET_COMMANDS,
  ...CONTROLLER_COMMANDS,
  ...ACCESS_COMMANDS,
];
