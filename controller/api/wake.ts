/**
 * Remembers that something happened until somebody waits for it. `wait()` resolves after the next `ring()`, at
 * once if it rang since the last wait, and when the signal aborts.
 */
export interface Wake {
  ring(): void;
  wait(signal: AbortSignal): Promise<void>;
}

export function createWake(): Wake {
  let rung = false;
  let waiting: (() => void) | null = null;
  return {
    ring() {
      rung = true;
      waiting?.();
    },
    async wait(signal) {
      if (!rung && !signal.aborted) await nextRing(signal);
      rung = false;
    },
  };

  function nextRing(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      waiting = () => {
        waiting = null;
        signal.removeEventListener("abort", waited);
        resolve();
      };
      const waited = waiting;
      signal.addEventListener("abort", waited);
    });
  }
}
