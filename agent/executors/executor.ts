import type { EndCause } from "../../core/task.ts";
import type { Usage } from "../../core/result.ts";
import type { Assignment } from "../work.ts";

/** An attempt with its directory and share of the host. */
export interface Launch {
  readonly assignment: Assignment;
  /**
   * `tasks/<job>/<index>/<attempt>`, absolute: `run`, `out`, `exit`, `work/` and `tmp/` live in it. The executor makes
   * it, the task runner removes it.
   */
  readonly directory: string;
  /** Indexes of the GPUs it may use. */
  readonly gpus: readonly number[];
}

/** How an attempt's processes ended. */
export interface Exit {
  readonly cause: EndCause;
  /** Null: ended from outside before it could, or the status is lost. */
  readonly exitCode: number | null;
  /** The status is lost (no exit file and no process): an infrastructure loss. */
  readonly isLost: boolean;
  /** False: the command was never tried; its attempt may be given out anew. Only together with `isLost`. */
  readonly hasBegun: boolean;
  readonly reason: string | null;
  /** performance.now() of this process; estimated from file times for attempts of a former one. */
  readonly endedAtMs: number;
  readonly usage: Usage;
}

/** Processes of one attempt. */
export interface RunningAttempt {
  readonly startedAtMs: number;
  /** Resolves once, never rejects. */
  readonly ended: Promise<Exit>;
  /** SIGTERM to all of it, SIGKILL after the grace; `ended` then says `cause`. Twice is no error. */
  end(cause: "killed" | "timeout" | "memory", graceSeconds: number, reason: string | null): void;
}

/** An attempt that begins where another ends, without a round trip between them. */
export interface Follower {
  /** Resolves once it began. Rejects if it never will for a reason of the executor's; neither after a withdrawal. */
  readonly began: Promise<RunningAttempt>;
  /** Takes it back. True: it never began and never will, and may be started anew. False: too late. */
  withdraw(): boolean;
}

/** Starts attempts on this host and finds them again. */
export interface Executor {
  /** False: attempts leave nothing on disk, so there is nothing to collect or to remove. */
  readonly keepsFiles: boolean;
  /** Resolves once the attempt's process is about to exist. Throws if it cannot be started here (an infrastructure loss). */
  start(launch: Launch): Promise<RunningAttempt>;
  /** Binds an attempt to the end of a running one, whose share of the host it takes over. Null: not now. */
  follow(running: RunningAttempt, launch: Launch): Follower | null;
  /** An attempt that this or a former agent process started, from its directory; null if it never began. */
  recover(launch: Launch): Promise<RunningAttempt | null>;
  /** Leaves running attempts alone. */
  close(): Promise<void>;
}
