import type { Ending } from "../keeper/exit_of.ts";
import type { Watched } from "../keeper/memory_watch.ts";
import type { Exit, Launch, RunningAttempt } from "./executor.ts";
import { attemptKey } from "../attempt_ref.ts";

export type EndCall = (
  attempt: LaneAttempt,
  ending: Ending,
  graceSeconds: number,
) => void;

/** An attempt on a lane of this process, from the moment the lane was fed with it. */
export class LaneAttempt implements RunningAttempt, Watched {
  readonly launch: Launch;
  /** `MUSTER_TASK` of its processes. */
  readonly key: string;
  readonly lanePid: number;
  readonly limitBytes: number | null;
  readonly ended: Promise<Exit>;
  readonly began: Promise<RunningAttempt>;
  startedAtMs = NaN;
  peakBytes: number | null = null;
  ending: Ending | null = null;
  isOver = false;
  /** Taken back before the lane began it; the lane will pass it by. */
  isWithdrawn = false;
  /** SIGKILL was sent: whatever its lane still recorded, it did not end by itself. */
  wasKilled = false;
  killTimer: ReturnType<typeof setTimeout> | null = null;
  /** Signals to come. */
  again: readonly ReturnType<typeof setTimeout>[] = [];
  readonly #end: EndCall;
  readonly #settled = Promise.withResolvers<Exit>();
  readonly #begun = Promise.withResolvers<RunningAttempt>();

  constructor(launch: Launch, lanePid: number, limitBytes: number | null, end: EndCall) {
    this.launch = launch;
    this.key = attemptKey(launch.assignment.ref);
    this.lanePid = lanePid;
    this.limitBytes = limitBytes;
    this.ended = this.#settled.promise;
    this.began = this.#begun.promise;
    this.#end = end;
    // Whoever started it need not look at `began`.
    this.began.catch(() => {});
  }

  get hasBegun(): boolean {
    return !Number.isNaN(this.startedAtMs);
  }

  begin(nowMs: number): void {
    this.startedAtMs = nowMs;
    this.#begun.resolve(this);
  }

  refuse(error: Error): void {
    this.isOver = true;
    this.#begun.reject(error);
  }

  settle(exit: Exit): void {
    this.isOver = true;
    this.clearTimers();
    this.#settled.resolve(exit);
  }

  clearTimers(): void {
    if (this.killTimer !== null) clearTimeout(this.killTimer);
    for (const timer of this.again) clearTimeout(timer);
  }

  end(cause: Ending["cause"], graceSeconds: number, reason: string | null): void {
    this.#end(this, { cause, reason }, graceSeconds);
  }

  onLimit(usedBytes: number): void {
    this.#end(this, { cause: "memory", reason: null }, 0);
    this.peakBytes = usedBytes;
  }
}
