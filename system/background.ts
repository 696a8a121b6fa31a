import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** A process that goes on after this one. */
export interface BackgroundProcess {
  readonly pid: number;
  /** Resolves with its exit code if it ends while this process still runs. */
  readonly ended: Promise<number>;
}

/** The shell only opens the log and becomes the program; what it becomes arrives as arguments, never as text. */
const BECOME = 'exec >>"$0" 2>&1 </dev/null; cd / && exec "$@"';

/**
 * Starts `argv` in a session of its own, its output appended to `logPath` (0600). It keeps running when this
 * process ends, and gets none of its terminal's signals.
 */
export function startInBackground(
  argv: readonly string[],
  logPath: string,
  env: Readonly<Record<string, string>> = {},
): BackgroundProcess {
  mkdirSync(dirname(logPath), { recursive: true, mode: 0o700 });
  Deno.openSync(logPath, { create: true, append: true, mode: 0o600 }).close();
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", BECOME, logPath, ...argv],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  child.unref();
  return { pid: child.pid, ended: child.status.then((status) => status.code) };
}
