import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../system/log.ts";
import type { Fleet } from "../hosts/fleet.ts";
import type { Change } from "./change.ts";
import {
  emptyKillTally,
  KILL_GRACE_SECONDS,
  killIndexes,
  killOut,
  killSomePending,
  type KillTally,
} from "./kill.ts";
import { type Ledger, nextTurn } from "./ledger.ts";
import { CHUNK } from "./submit.ts";
import type { UnfinishedJob } from "./unfinished_job.ts";

export interface JobKillerParts {
  readonly ledger: Ledger;
  readonly fleet: Fleet;
  readonly log: Log;
}

/** Milliseconds until a kill of a job that waited in vain is tried again after a failure. */
const RETRY_MS = 5000;

/** Kills jobs in pieces, and by itself those that waited in vain. */
export class JobKiller {
  readonly #parts: JobKillerParts;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(parts: JobKillerParts) {
    this.#parts = parts;
  }

  /** What is out on hosts first, then what is pending. `reason`: words for its tasks; null: a person asked. */
  async killAll(jobId: string, reason: string | null): Promise<KillTally> {
    const { ledger } = this.#parts;
    const tally = emptyKillTally();
    await ledger.holding(jobId, async () => {
      await this.#piece(jobId, tally, (change, job, connected) => {
        change.event("job.killed", job, { data: reason === null ? {} : { reason } });
        killOut(change, job, connected, reason, tally);
        killSomePending(change, job, reason, tally);
      });
      while ((ledger.memory.jobs.get(jobId)?.pending.size ?? 0) > 0) {
        await nextTurn();
        await this.#piece(jobId, tally, (change, job) => killSomePending(change, job, reason, tally));
      }
    });
    return tally;
  }

  async killSome(jobId: string, indexes: readonly number[]): Promise<KillTally> {
    const tally = emptyKillTally();
    const all = [...new Set(indexes)];
    for (let at = 0; at < all.length; at += CHUNK) {
      const some = all.slice(at, at + CHUNK);
      await this.#piece(jobId, tally, (change, job, connected) => {
        killIndexes(change, job, some, connected, tally);
        change.event("job.killed", job, { data: { indexes: some.slice(0, 100), count: some.length } });
      });
    }
    return tally;
  }

  /** Jobs that waited for the success of one that failed. Goes on until it is done. */
  killDoomed(): void {
    const { ledger, log } = this.#parts;
    for (const job of ledger.memory.jobs.values()) {
      if (job.doomed === null || job.holds > 0 || this.#closed) continue;
      this.killAll(job.id, job.doomed).catch((error) => {
        log.error("cannot kill a job that waited in vain", { jobId: job.id, error: messageOf(error) });
        this.#tryLater();
      });
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  /** One commit; then the hosts are told. */
  async #piece(
    jobId: string,
    tally: KillTally,
    body: (change: Change, job: UnfinishedJob, connected: ReadonlySet<string>) => void,
  ): Promise<void> {
    const { ledger, fleet } = this.#parts;
    await ledger.commit((change) => {
      const job = change.memory.jobs.get(jobId);
      if (job !== undefined) body(change, job, new Set(fleet.connected().map(({ id }) => id)));
    });
    for (const [hostId, refs] of tally.refs) fleet.kill(hostId, refs, KILL_GRACE_SECONDS);
    tally.refs.clear();
  }

  #tryLater(): void {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.killDoomed(), RETRY_MS);
  }
}
