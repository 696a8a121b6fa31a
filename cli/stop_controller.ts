import { MusterError } from "../core/errors.ts";
import type { Context } from "./context.ts";

/** It finishes what it writes and says goodbye to its agents: far less than this. */
const STOP_LIMIT_MS = 30_000;

/** Ends the controller of this machine and waits until it is gone. Running tasks go on at their hosts. */
export async function stopController(context: Context): Promise<void> {
  const home = context.home();
  const client = await context.ports.createClient({ kind: "socket", path: home.controller.socket });
  try {
    await client.shutdown();
  } finally {
    client.close();
  }
  if (await context.ports.starter.ends(home, STOP_LIMIT_MS)) return;
  throw new MusterError(
    "Internal",
    `Cannot stop the controller: it still answers after ${STOP_LIMIT_MS / 1000} s`,
  );
}
