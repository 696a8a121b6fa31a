import type { Clock } from "../../system/clock.ts";
import type { Fleet } from "../hosts/fleet.ts";
import type { QueueMemory } from "../jobs/memory.ts";
import { type AwayWork, expired, firstSight, look, type Loss, type Sight } from "./losses.ts";

export interface LossWatchParts {
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly memory: QueueMemory;
  /** Returns the tasks of these jobs on these hosts to pending. */
  readonly lose: (lost: readonly Loss[]) => void;
}

/** Looks for hosts that were away too long: when the fleet changes, and when the next one is due. */
export class LossWatch {
  readonly #parts: LossWatchParts;
  #sight: Sight;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: () => void = () => {};

  constructor(parts: LossWatchParts) {
    this.#parts = parts;
    this.#sight = firstSight(parts.clock.monotonicMs());
  }

  start(): void {
    this.#stop = this.#parts.fleet.onChange(() => this.look());
    this.look();
  }

  close(): void {
    this.#stop();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Looks now. */
  look(): void {
    const { fleet, clock, memory, lose } = this.#parts;
    const nowMs = clock.monotonicMs();
    const connected = new Set(fleet.connected().map(({ id }) => id));
    const wasWatched = this.#timer !== undefined;
    this.#sight = look(this.#sight, connected, memory.onHosts.keys(), nowMs, wasWatched);
    const { lost, nextMs } = expired(this.#sight, awayWork(memory, connected), nowMs);
    clearTimeout(this.#timer);
    this.#timer = nextMs === null ? undefined : setTimeout(() => this.look(), nextMs);
    if (lost.length > 0) lose(lost);
  }
}

function* awayWork(memory: QueueMemory, connected: ReadonlySet<string>): Generator<AwayWork> {
  for (const [hostId, jobs] of memory.onHosts) {
    if (connected.has(hostId)) continue;
    for (const { id, spec } of jobs.keys()) {
      yield { hostId, jobId: id, requeueAfterSeconds: spec.requeueAfterSeconds };
    }
  }
}
