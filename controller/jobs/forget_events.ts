import { messageOf } from "../../core/errors.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import { forgetEvents } from "../store/events.ts";
import type { Store } from "../store/store.ts";

/** Milliseconds between two looks for events that are too old or too many. */
const EVERY_MS = 10_000;

/** Events that are forgotten in one change: about 2 ms. */
const PIECE = 2_000;

/** Answers a function to be called whenever events may have come: from time to time it forgets old ones. */
export function createForgetting(parts: { store: Store; clock: Clock; log: Log }): () => void {
  const { store, clock, log } = parts;
  let lookedAtMs = clock.monotonicMs();
  return () => {
    const nowMs = clock.monotonicMs();
    if (nowMs - lookedAtMs < EVERY_MS) return;
    lookedAtMs = nowMs;
    forgetAll().catch((error) => log.warn("cannot forget old events", { error: messageOf(error) }));
  };

  async function forgetAll(): Promise<void> {
    while (await store.write((db) => forgetEvents(db, clock.now(), PIECE)) === PIECE);
  }
}
