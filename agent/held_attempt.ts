import type { Follower, Launch, RunningAttempt } from "./executors/executor.ts";
import type { Share } from "./resources.ts";
import type { Assignment, AttemptEnd } from "./work.ts";

/** Why an attempt is to end that has not quite begun. */
export interface PendingEnd {
  readonly graceSeconds: number;
}

/** An output up to this may stay on the disk for a while. */
const SMALL_BYTES = 16_384;

/** An attempt from the moment it left the waiting line until its end is acknowledged. */
export class HeldAttempt {
  /** Its part of the host; null while it waits behind another and after its end. */
  share: Share | null = null;
  running: RunningAttempt | null = null;
  /** The attempt that begins where this one ends. */
  next: { readonly held: HeldAttempt; readonly follower: Follower } | null = null;
  /** The attempt it begins after. */
  previous: HeldAttempt | null = null;
  pendingEnd: PendingEnd | null = null;
  /** Its process is gone. */
  isOver = false;
  /** Nobody wants to hear of it. */
  isDropped = false;
  end: AttemptEnd | null = null;
  paths: ReadonlyMap<string, string> = new Map();
  timeout: ReturnType<typeof setTimeout> | null = null;
  #hasEnded: PromiseWithResolvers<void> | null = null;

  constructor(readonly key: string, readonly launch: Launch) {}

  get assignment(): Assignment {
    return this.launch.assignment;
  }

  /** Resolves when its process is gone. Made only where somebody asks. */
  get hasEnded(): Promise<void> {
    if (this.isOver) return Promise.resolve();
    this.#hasEnded ??= Promise.withResolvers();
    return this.#hasEnded.promise;
  }

  /** What it is known to have written. */
  get bytes(): number {
    if (this.end === null) return 0;
    const { output, files } = this.end.result;
    return files.reduce((sum, { size }) => sum + size, output.size);
  }

  /** It is known to have left no files and little output. */
  get isClean(): boolean {
    return this.end !== null && this.end.result.files.length === 0 &&
      this.end.result.output.size <= SMALL_BYTES &&
      this.assignment.job.inPlace === null && this.end.cause === "exit";
  }

  markOver(): void {
    this.isOver = true;
    if (this.timeout !== null) clearTimeout(this.timeout);
    this.timeout = null;
    this.#hasEnded?.resolve();
  }
}
