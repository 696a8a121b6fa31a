import { delay } from "./delay.ts";
import type { StarterParts } from "./start_controller.ts";

/** The real parts: this machine's sockets, files and processes. */
export const realStarterParts: StarterParts = {
  connects,
  locked: async (lock) => {
    const { isLocked } = await import("../system/lock.ts");
    return isLocked(lock);
  },
  holder: async (lock) => {
    const { readLock } = await import("../system/lock.ts");
    return readLock(lock)?.pid ?? null;
  },
  lockedElsewhere: async (path) => {
    const { lockedElsewhere } = await import("../system/lock.ts");
    return lockedElsewhere(path)?.hostname ?? null;
  },
  spawn: async (argv, log) => {
    const { startInBackground } = await import("../system/background.ts");
    return startInBackground(argv, log);
  },
  self: async () => {
    const { selfCommand } = await import("../system/self.ts");
    return selfCommand();
  },
  read: async (path, from) => {
    const text = await Deno.readFile(path).catch(() => new Uint8Array());
    return new TextDecoder().decode(text.subarray(from));
  },
  sizeOf: async (path) => (await Deno.stat(path).catch(() => null))?.size ?? 0,
  wait: delay,
  monotonicMs: () => performance.now(),
};

async function connects(socket: string): Promise<boolean> {
  try {
    const connection = await Deno.connect({ transport: "unix", path: socket });
    connection.close();
    return true;
  } catch {
    return false;
  }
}
