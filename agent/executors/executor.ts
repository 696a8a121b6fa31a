import type { EndCause } from "../../core/task.ts";
import type { Usage } from "../../core/result.ts";
import type { Assignment } from "../work.ts";

/** An attempt with its directory and share of the host. */
export interface Launch {
  readonly assignment: Assignment;
  /** `tasks/<job>/<index>/<attempt>`, made by the task runner: `run`, `out`, `exit` and `work/` live in it. */
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
  readonly reason: string | null;
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

/** Starts attempts on this host and finds them again. */
export interface Executor {
  /** Resolves once the attempt's process is about to exist. Throws if it cannot be started here (an infrastructure loss). */
  start(launch: Launch): Promise<RunningAttempt>;
  /** An attempt that this or a former agent process started, from its directory; null if it never began. */
  recover(launch: Launch): Promise<RunningAttempt | null>;
  /** Leaves running attempts alone. */
  close(): Promise<void>;
}
