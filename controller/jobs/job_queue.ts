import { messageOf, MusterError } from "../../core/errors.ts";
import { randomId } from "../../core/ids.ts";
import type { Counts, Job, JobSpec } from "../../core/job.ts";
import type { AttemptRef, Task } from "../../core/task.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Fleet } from "../hosts/fleet.ts";
import type { HostFact } from "../hosts/host_events.ts";
import { LossWatch } from "../scheduling/loss_watch.ts";
import type { Loss } from "../scheduling/losses.ts";
import { PlacingLoop } from "../scheduling/loop.ts";
import { halfWrittenJobs, jobById, setReady, type StoredJob } from "../store/jobs.ts";
import { readMeta, writeMeta } from "../store/meta.ts";
import type { Store } from "../store/store.ts";
import { findTask } from "../store/tasks.ts";
import { releaseAfter } from "./after.ts";
import type { EventFeed } from "./event_feed.ts";
import { createForgetting } from "./forget_events.ts";
import { JobKiller } from "./job_killer.ts";
import { checkIndexes } from "./kill.ts";
import { Ledger } from "./ledger.ts";
import type {
  HeldAttempt,
  HostReport,
  KillOutcome,
  ParameterRows,
  Queue,
  ReportOutcome,
  SubmitOptions,
} from "./queue.ts";
import { giveUp, loseHost, settleHeld, unwantedOf } from "./register.ts";
import { takeReport } from "./report.ts";
import { resetJob } from "./reset.ts";
import { checkSubmission, deleteInPieces, type Submission, submitJob } from "./submit.ts";
import type { Tally } from "./tally.ts";
import { waitingFor } from "./waiting_for.ts";

export interface QueueParts {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly log: Log;
  readonly feed: EventFeed;
  /** That many random bytes. */
  readonly random: (count: number) => Uint8Array;
  /** Which of these blobs (hex) are not stored: `BlobStore.missing`. Called inside transactions. */
  readonly blobsMissing: (sha256: readonly string[]) => readonly string[];
}

/** A queue with a life: nothing is placed before `start`, nothing after `close`. */
export interface RunningQueue extends Queue {
  /** Takes out what was half written, then begins to place and to watch for lost hosts. */
  start(): Promise<void>;
  /** Records facts about hosts, in their order. */
  record(facts: readonly HostFact[]): Promise<void>;
  /** Stops placing. What was asked for is still committed by the store. */
  close(): void;
}

/** Milliseconds until tasks that could not be returned to pending are looked at again. */
const RETRY_MS = 5000;

/** Why tasks were lost, and their host with them. */
const UNSEEN = "its host was not seen for too long";

/** The queue over what `store` holds. The epoch is 1 in a new database. */
export function createQueue(parts: QueueParts): RunningQueue {
  return new JobQueue(parts);
}

class JobQueue implements RunningQueue {
  readonly epoch: number;
  readonly #parts: QueueParts;
  readonly #ledger: Ledger;
  readonly #placing: PlacingLoop;
  readonly #losses: LossWatch;
  readonly #killer: JobKiller;
  readonly #forget: () => void;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #started = false;
  #closed = false;
  #stopWatching: () => void = () => {};

  constructor(parts: QueueParts) {
    const { store, fleet, clock, feed } = parts;
    this.#parts = parts;
    this.epoch = Number(store.read((db) => readMeta(db, "epoch")) ?? 1);
    this.#ledger = new Ledger({
      store,
      clock,
      feed,
      log: parts.log,
      placeable: () => this.#started && this.#placing.request(),
      ended: (jobs) => this.#ended(jobs),
    });
    this.#ledger.load();
    const { memory } = this.#ledger;
    const commit = this.#ledger.commit.bind(this.#ledger);
    this.#placing = new PlacingLoop({ fleet, epoch: this.epoch, log: parts.log, commit });
    this.#killer = new JobKiller({ ledger: this.#ledger, fleet, log: parts.log });
    this.#forget = createForgetting(parts);
    this.#losses = new LossWatch({ fleet, clock, memory, lose: (lost) => this.#lose(lost) });
  }

  async start(): Promise<void> {
    const { store, fleet } = this.#parts;
    await store.write((db) => writeMeta(db, "epoch", String(this.epoch)));
    for (const seq of store.read(halfWrittenJobs)) await deleteInPieces(store, seq);
    this.#started = true;
    this.#stopWatching = fleet.onChange(() => this.#placing.request());
    this.#losses.start();
    this.#killer.killDoomed();
    this.#placing.request();
  }

  close(): void {
    this.#closed = true;
    this.#stopWatching();
    this.#losses.close();
    this.#placing.close();
    this.#killer.close();
    clearTimeout(this.#retry);
  }

  // ---- jobs

  async submit(
    spec: JobSpec,
    rows: ParameterRows,
    createdBy: string | null,
    options: SubmitOptions = {},
  ): Promise<Job> {
    checkSubmission(spec, rows);
    const { store, clock, random } = this.#parts;
    const submission: Submission = {
      id: randomId("j", random),
      spec,
      rows,
      createdAt: clock.now(),
      createdBy,
    };
    const job = await submitJob(this.#ledger, store, submission, options);
    if (job.doomed !== null) this.#killer.killDoomed();
    return this.job(job.id) ?? job.toJob();
  }

  async kill(jobId: string, indexes?: readonly number[]): Promise<KillOutcome> {
    const job = this.#ledger.memory.jobs.get(jobId);
    if (indexes !== undefined) checkIndexes(job ?? this.#require("kill", jobId), indexes);
    else if (job === undefined) this.#require("kill", jobId);
    if (job === undefined) return { killed: 0, stopping: 0, onReturn: [] };
    const tally = indexes === undefined
      ? await this.#killer.killAll(jobId, null)
      : await this.#killer.killSome(jobId, indexes);
    const onReturn = [...tally.onReturn].map(([hostId, tasks]) => ({ hostId, tasks }));
    return { killed: tally.killed, stopping: tally.stopping, onReturn };
  }

  async reset(jobId: string, which: "failed" | "all", indexes?: readonly number[]): Promise<number> {
    const job = this.#require("reset", jobId);
    if (indexes !== undefined) checkIndexes(job, indexes);
    return await resetJob(this.#ledger, job, which, indexes);
  }

  async remove(jobId: string): Promise<void> {
    const stored = this.#require("delete", jobId);
    const { store } = this.#parts;
    await this.#ledger.commit((change) => {
      const running = change.memory.jobs.get(jobId);
      if (running !== undefined) throw stillRuns(stored.spec.name);
      setReady(change.db, stored.seq, false);
      change.event("job.deleted", stored, { data: { id: jobId, name: stored.spec.name } });
    });
    await deleteInPieces(store, stored.seq);
  }

  job(jobId: string): Job | null {
    return this.#ledger.memory.jobs.get(jobId)?.toJob() ??
      this.#parts.store.read((db) => jobById(db, jobId));
  }

  task(jobId: string, index: number): Task | null {
    const job = this.#ledger.memory.jobs.get(jobId);
    const out = job?.out.get(index);
    if (out !== undefined) return out;
    return this.#parts.store.read((db) => {
      const owner = job ?? jobById(db, jobId);
      return owner === null ? null : findTask(db, owner, index)?.task ?? null;
    });
  }

  onJobChange(jobId: string, listener: (counts: Counts) => void): () => void {
    return this.#ledger.onJobChange(jobId, listener);
  }

  countOn(hostId: string): number {
    return this.#ledger.memory.countOn(hostId);
  }

  hostsOf(jobId: string): readonly string[] {
    return this.#ledger.memory.hostsOf(jobId);
  }

  waitingFor(jobId: string): string | null {
    const { jobs } = this.#ledger.memory;
    const job = jobs.get(jobId);
    if (job === undefined) return null;
    return waitingFor(job, this.#parts.fleet.connected(), (id) => jobs.get(id)?.spec.name ?? id);
  }

  tally(): Tally {
    return this.#ledger.tally;
  }

  // ---- hosts

  async hostRegistered(
    hostId: string,
    held: readonly HeldAttempt[],
  ): Promise<{ readonly drop: AttemptRef[] }> {
    const drop = await this.#ledger.commit((change) => settleHeld(change, hostId, held, this.epoch));
    return { drop };
  }

  unwanted(hostId: string, held: readonly HeldAttempt[]): Promise<AttemptRef[]> {
    return this.#ledger.commit((change) => unwantedOf(change, hostId, held, this.epoch));
  }

  observe(hostId: string, report: HostReport): Promise<ReportOutcome> {
    const { blobsMissing } = this.#parts;
    this.#forget();
    return this.#ledger.commit((change) =>
      takeReport(change, hostId, report, { epoch: this.epoch, blobsMissing })
    );
  }

  async record(facts: readonly HostFact[]): Promise<void> {
    await this.#ledger.commit((change) => {
      for (const { kind, hostId, data = {} } of facts) change.event(kind, null, { hostId, data });
    });
  }

  async hostLost(hostId: string, reason: string): Promise<void> {
    await this.#ledger.commit((change) => loseHost(change, hostId, reason));
  }

  // ---- by itself

  #lose(lost: readonly Loss[]): void {
    for (const [hostId, losses] of Map.groupBy(lost, ({ hostId }) => hostId)) {
      const jobIds = new Set(losses.map(({ jobId }) => jobId));
      this.#parts.log.warn("tasks of a host that is away return to pending", { hostId, jobs: jobIds.size });
      this.#ledger.commit((change) => {
        if (this.#connected().has(hostId)) return;
        loseHost(change, hostId, UNSEEN, jobIds);
        giveUp(change, hostId, UNSEEN);
      }).catch((error) => {
        this.#parts.log.error("cannot return tasks to pending", { hostId, error: messageOf(error) });
        this.#lookLater();
      });
    }
  }

  #ended(jobs: readonly Job[]): void {
    let released = false;
    for (const job of jobs) {
      this.#parts.log.debug("job ended", { jobId: job.id, name: job.spec.name });
      released = releaseAfter(this.#ledger.memory, job) || released;
    }
    if (!released) return;
    this.#killer.killDoomed();
    this.#placing.request();
  }

  #lookLater(): void {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#losses.look(), RETRY_MS);
  }

  #connected(): ReadonlySet<string> {
    return new Set(this.#parts.fleet.connected().map(({ id }) => id));
  }

  #require(verb: string, jobId: string): StoredJob {
    const job = this.#parts.store.read((db) => jobById(db, jobId));
    if (job !== null) return job;
    throw new MusterError("NotFound", `Cannot ${verb} job "${jobId}": there is no such job`);
  }
}

function stillRuns(name: string): MusterError {
  return new MusterError("Conflict", `Cannot delete job "${name}": it has not ended`, {
    hint: `Run \`muster kill ${name}\` first`,
  });
}
