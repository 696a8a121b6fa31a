import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** How a process in the background ended. */
export interface Ending {
  /** Null if a signal ended it or it never began. */
  readonly code: number | null;
  /** It was ended by SIGKILL: by somebody, or by a kernel short of memory. */
  readonly wasKilled?: boolean;
  /** `it ended with code 2`. */
  readonly words: string;
}

/** A process of ours that outlives us. */
export interface BackgroundProcess {
  readonly pid: number;
  readonly ended: Promise<Ending>;
}

/**
 * Starts `argv` in a session of its own: no input, both outputs appended to the file `log`, in `/`.
 * It does not keep this process alive.
 */
export function startInBackground(argv: readonly string[], log: string): BackgroundProcess {
  mkdirSync(dirname(log), { recursive: true, mode: 0o700 });
  const output = openSync(log, "a", 0o600);
  try {
    const [program = "", ...args] = argv;
    const child = spawn(program, args, { detached: true, cwd: "/", stdio: ["ignore", output, output] });
    const ended = new Promise<Ending>((resolve) => {
      child.on("error", (error) => resolve({ code: null, words: `it did not begin: ${error.message}` }));
      child.on("exit", (code, signal) => {
        const words = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
        resolve({ code, words, ...(signal === "SIGKILL" ? { wasKilled: true } : {}) });
      });
    });
    // A program that is not there leaves nothing to unref.
    if (child.pid !== undefined) child.unref();
    return { pid: child.pid ?? 0, ended };
  } finally {
    closeSync(output);
  }
}
