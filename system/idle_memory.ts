import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Quiet time after which memory is given back, in milliseconds. */
const IDLE_MS = 3000;

/** Gives memory back when work has ended: the engine by itself keeps the largest heap it ever had. */
export interface IdleMemory {
  /** Something was done now. Costs a clock reading. */
  touch(): void;
  /** Gives nothing back any more. */
  close(): void;
}

/** Collects garbage once, `idleMs` after the last touch; nothing runs while nothing is touched. */
export function createIdleMemory(idleMs = IDLE_MS, collect: () => void = collectGarbage): IdleMemory {
  let touchedAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    const quietMs = performance.now() - touchedAt;
    timer = undefined;
    if (quietMs >= idleMs) collect();
    else wait(idleMs - quietMs);
  };
  const wait = (ms: number) => Deno.unrefTimer(timer = setTimeout(look, ms));
  return {
    touch() {
      touchedAt = performance.now();
      if (timer === undefined) wait(idleMs);
    },
    close: () => clearTimeout(timer),
  };
}

let gc: (() => void) | undefined;

/** A full collection; tens of milliseconds on our heaps. The engine hands it out only this way. */
function collectGarbage(): void {
  if (gc === undefined) {
    setFlagsFromString("--expose-gc");
    gc = runInNewContext("gc") as () => void;
    setFlagsFromString("--no-expose-gc");
  }
  gc();
}
