import { join } from "node:path";

/** Name of the controller's service among a systemd user's. */
export const UNIT_NAME = "muster-controller.service";
/** Its label under launchd. */
export const LAUNCHD_LABEL = "dev.muster.controller";

/** Where the file lies that makes the controller come back after a reboot; null where no service manager is known. */
export function servicePath(os: string, env: (name: string) => string | undefined): string | null {
  const home = env("HOME") ?? "";
  if (home === "") return null;
  if (os === "linux") {
    return join(env("XDG_CONFIG_HOME") || join(home, ".config"), "systemd", "user", UNIT_NAME);
  }
  if (os === "darwin") return join(home, "Library", "LaunchAgents", `${LAUNCHD_LABEL}.plist`);
  return null;
}

/** Whether that file is there. */
export function serviceIsInstalled(): boolean {
  const path = servicePath(Deno.build.os, Deno.env.get);
  try {
    return path !== null && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
