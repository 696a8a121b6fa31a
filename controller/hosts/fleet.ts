import type { AttemptRef } from "../../core/task.ts";
import type { HostFacts, TakenSample } from "../../core/host.ts";
import type { JobSpec } from "../../core/job.ts";
import type { AssignedTask } from "../jobs/queue.ts";

/** A host with a live session. */
export interface ConnectedHost {
  readonly id: string;
  readonly name: string;
  readonly facts: HostFacts;
  readonly labels: Readonly<Record<string, string>>;
  /** Takes no new work. */
  readonly draining: boolean;
  /** Why the host itself refuses new work (disk full …), in words; null if it does not. */
  readonly refusing: string | null;
}

/** The hosts whose sessions are open, and what can be asked of them. Memory only; the store knows the rest. */
export interface Fleet {
  connected(): readonly ConnectedHost[];
  /**
   * Sends committed claims. Never throws: if the session is gone the message is dropped, and the host's next
   * register settles what it holds.
   */
  assign(
    hostId: string,
    epoch: number,
    jobs: ReadonlyMap<string, JobSpec>,
    tasks: readonly AssignedTask[],
  ): void;
  /** Asks the host to end attempts; false if it has no session. */
  kill(hostId: string, refs: readonly AttemptRef[], graceSeconds: number): boolean;
  /** Output of an attempt that is on the host, from `offset`; ends when the attempt ends, or at once unless `follow`. Throws `Unreachable`, `NotFound`. */
  openLog(
    hostId: string,
    ref: AttemptRef,
    options: { readonly offset: number; readonly follow: boolean; readonly signal?: AbortSignal },
  ): Promise<ReadableStream<Uint8Array>>;
  /** What the host used last; null without a session, or before the first sample in it. */
  sample(hostId: string): TakenSample | null;
  /**
   * Hands over each sample of the host until the returned function is called. While anybody listens the host takes
   * one a second, else one a minute. Goes on when a host that was away is back.
   */
  watchSamples(hostId: string, listener: (sample: TakenSample) => void): () => void;
  /** Sessions that began since the controller started. */
  sessionsBegun(): number;
  /** After a host came, went, or changed what it takes; returns the way to stop. */
  onChange(listener: () => void): () => void;
}
