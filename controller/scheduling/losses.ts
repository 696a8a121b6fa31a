/** Tasks of one job on a host without a session. */
export interface AwayWork {
  readonly hostId: string;
  readonly jobId: string;
  /** Seconds after which they return to pending; null: they wait for ever. */
  readonly requeueAfterSeconds: number | null;
}

export interface Loss {
  readonly hostId: string;
  readonly jobId: string;
}

/** When the hosts were last seen, all on the controller's monotonic clock. Plain data; changed only by the functions here. */
export interface Sight {
  /** Milliseconds at which each host without a session began to be away. */
  readonly awaySince: ReadonlyMap<string, number>;
  /** Hosts with a session. */
  readonly connected: ReadonlySet<string>;
  /** Hosts that went away within the last {@linkcode TOGETHER_MS}, with the moment. */
  readonly droppedAt: ReadonlyMap<string, number>;
  /** Nothing expires before this moment: the controller takes itself to be the one offline. */
  readonly pausedUntilMs: number;
  /** The last time anybody looked. */
  readonly lookedAtMs: number;
}

/** Sessions that end within this many milliseconds end together. */
const TOGETHER_MS = 15_000;

/** Longer without a look, and the process or the clock stood still. */
const STALL_MS = 15_000;

/** For how long nothing expires after the controller took itself to be offline. */
export const PAUSE_MS = 120_000;

/** At the start nobody has been seen: every host gets its whole time again. */
export function firstSight(nowMs: number): Sight {
  return {
    awaySince: new Map(),
    connected: new Set(),
    droppedAt: new Map(),
    pausedUntilMs: 0,
    lookedAtMs: nowMs,
  };
}

/** What is known after a look at who is connected and which hosts hold tasks. */
export function look(
  sight: Sight,
  connected: ReadonlySet<string>,
  holding: Iterable<string>,
  nowMs: number,
  /** Whether somebody was to look within {@linkcode STALL_MS}. */
  wasWatched: boolean,
): Sight {
  const stalled = wasWatched && nowMs - sight.lookedAtMs > STALL_MS;
  const droppedAt = new Map(
    [...sight.droppedAt].filter(([id, at]) => nowMs - at <= TOGETHER_MS && !connected.has(id)),
  );
  for (const id of sight.connected) if (!connected.has(id)) droppedAt.set(id, nowMs);
  const together = droppedAt.size >= 2 && droppedAt.size > connected.size;
  const pausedUntilMs = together ? nowMs + PAUSE_MS : sight.pausedUntilMs;
  const awaySince = new Map<string, number>();
  for (const id of holding) {
    if (connected.has(id)) continue;
    // Granted afresh when we were the ones that stood still.
    awaySince.set(id, stalled ? nowMs : sight.awaySince.get(id) ?? nowMs);
  }
  return { awaySince, connected, droppedAt, pausedUntilMs, lookedAtMs: nowMs };
}

/** What has been away for too long, and in how many milliseconds to look again; null: nothing will expire. */
export function expired(
  sight: Sight,
  work: Iterable<AwayWork>,
  nowMs: number,
): { readonly lost: readonly Loss[]; readonly nextMs: number | null } {
  const lost: Loss[] = [];
  let nextMs: number | null = null;
  for (const { hostId, jobId, requeueAfterSeconds } of work) {
    const since = sight.awaySince.get(hostId);
    if (since === undefined || requeueAfterSeconds === null) continue;
    const dueMs = Math.max(since + requeueAfterSeconds * 1000, sight.pausedUntilMs);
    if (dueMs <= nowMs) lost.push({ hostId, jobId });
    else nextMs = Math.min(nextMs ?? Infinity, dueMs - nowMs);
  }
  // Often enough to notice that we stood still.
  return { lost, nextMs: nextMs === null ? null : Math.min(nextMs, STALL_MS / 3) };
}
