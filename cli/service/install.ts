import { dirname } from "node:path";
import { MusterError } from "../../core/errors.ts";
import { servicePath, UNIT_NAME } from "../../system/service.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { printJson } from "../output/json.ts";
import { BACKGROUND_START, controllerLog } from "../start_controller.ts";
import { stopController } from "../stop_controller.ts";
import { renderPlist, renderUnit, type ServiceSpec } from "./render.ts";

/** What installing writes and runs, decided before anything is done. */
export interface ServicePlan {
  readonly path: string;
  readonly text: string;
  readonly enable: readonly (readonly string[])[];
  readonly disable: readonly (readonly string[])[];
  /** What a person may have to do besides. */
  readonly note: string | null;
}

export interface InstallOptions {
  readonly dryRun: boolean;
}

/** Writes the service's file and enables it; `dryRun` prints both instead. */
export async function installService(context: Context, { dryRun }: InstallOptions): Promise<number> {
  const plan = await servicePlan(context);
  if (dryRun) return printPlan(plan, plan.enable, context);
  await Deno.mkdir(dirname(plan.path), { recursive: true });
  await Deno.writeTextFile(plan.path, plan.text, { mode: 0o600 });
  // One that was started by hand would hold the lock.
  if (await context.ports.starter.answers(context.home())) await stopController(context);
  for (const argv of plan.enable) await runOrThrow(argv, "Cannot install the controller", context);
  if (context.json) printJson(context.output, { installed: plan.path });
  else if (!context.quiet) {
    context.output.out(`Installed ${plan.path}: the controller runs and comes back after a reboot\n`);
    if (plan.note !== null) context.output.err(`${plan.note}\n`);
  }
  return EXIT_DONE;
}

/** Stops the service and removes its file. */
export async function uninstallService(context: Context, { dryRun }: InstallOptions): Promise<number> {
  const plan = await servicePlan(context);
  if (dryRun) return printPlan({ ...plan, text: "" }, plan.disable, context);
  const isThere = await Deno.stat(plan.path).then(() => true, () => false);
  if (!isThere) {
    throw new MusterError("NotFound", `Cannot uninstall the controller: there is no "${plan.path}"`);
  }
  for (const argv of plan.disable) await runOrThrow(argv, "Cannot uninstall the controller", context);
  await Deno.remove(plan.path);
  if (context.json) printJson(context.output, { uninstalled: plan.path });
  else if (!context.quiet) {
    context.output.out(`Removed ${plan.path}: the controller stays off after a reboot\n`);
  }
  return EXIT_DONE;
}

async function servicePlan(context: Context): Promise<ServicePlan> {
  const path = servicePath(context.ports.os, context.env);
  if (path === null) throw noServices(context);
  const spec: ServiceSpec = {
    argv: [...await context.ports.serviceCommand(), ...BACKGROUND_START],
    env: { MUSTER_HOME: context.home().root },
    log: controllerLog(context.home()),
  };
  return context.ports.os === "linux" ? systemdPlan(spec, path) : launchdPlan(spec, path);
}

function noServices(context: Context): MusterError {
  const why = (context.env("HOME") ?? "") === ""
    ? "HOME is not set"
    : "this system has neither systemd nor launchd";
  return new MusterError("NotAllowed", `Cannot install the controller: ${why}`);
}

function systemdPlan(spec: ServiceSpec, path: string): ServicePlan {
  return {
    path,
    text: renderUnit(spec),
    enable: [["systemctl", "--user", "daemon-reload"], ["systemctl", "--user", "enable", "--now", UNIT_NAME]],
    disable: [["systemctl", "--user", "disable", "--now", UNIT_NAME]],
    note: "Without this it starts when you log in, not at boot: loginctl enable-linger",
  };
}

function launchdPlan(spec: ServiceSpec, path: string): ServicePlan {
  return {
    path,
    text: renderPlist(spec),
    enable: [["launchctl", "load", "-w", path]],
    disable: [["launchctl", "unload", "-w", path]],
    note: null,
  };
}

function printPlan(plan: ServicePlan, commands: ServicePlan["enable"], { output, json }: Context): number {
  if (json) printJson(output, { path: plan.path, text: plan.text, commands });
  else {
    output.out(`${plan.text === "" ? "remove" : "write"} ${plan.path}\n${plan.text}`);
    commands.forEach((argv) => output.out(`run ${argv.join(" ")}\n`));
  }
  return EXIT_DONE;
}

async function runOrThrow(argv: readonly string[], doing: string, { ports }: Context): Promise<void> {
  const { code, stderr } = await ports.run(argv);
  if (code === 0) return;
  const said = stderr.trim().split("\n").at(-1) ?? "";
  throw new MusterError(
    "Conflict",
    `${doing}: ${argv.join(" ")} ended with code ${code}${said === "" ? "" : `: ${said}`}`,
  );
}
