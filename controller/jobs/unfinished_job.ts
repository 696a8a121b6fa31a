import { type CompiledJob, compileJob } from "../../core/command.ts";
import type { Counts, Job, JobSpec } from "../../core/job.ts";
import type { Task } from "../../core/task.ts";
import type { Instant } from "../../core/time.ts";
import type { StoredJob } from "../store/jobs.ts";
import { IndexRanges } from "./index_ranges.ts";

/** How much each ended attempt moves the mean run time. */
const WEIGHT = 0.1;

/** What is held in memory of a job that has not ended. Changed only when a {@linkcode Change} is applied. */
export class UnfinishedJob {
  readonly seq: number;
  readonly id: string;
  readonly spec: JobSpec;
  readonly createdAt: Instant;
  startedAt: Instant | null;
  counts: Counts;
  readonly pending: IndexRanges;
  /** Claimed and running tasks by index. */
  readonly out = new Map<number, Task>();
  /** No attempt was ever issued for this index or a higher one. */
  freshFrom = 1;
  /** Mean milliseconds an attempt ran, the last ones weighing most; null before the first end. */
  meanRunMs: number | null = null;
  /** Ids of the jobs it still waits for. */
  readonly waitsFor = new Set<string>();
  /** Nothing of it is placed while this is above 0: it is being killed or reset in pieces. */
  holds = 0;
  /** Why all of it is to be killed; null: it is not. */
  doomed: string | null = null;
  #compiled: CompiledJob | null = null;

  constructor(job: StoredJob, pending: IndexRanges) {
    this.seq = job.seq;
    this.id = job.id;
    this.spec = job.spec;
    this.createdAt = job.createdAt;
    this.startedAt = job.startedAt;
    this.counts = job.counts;
    this.pending = pending;
  }

  /** Templates, parsed once. */
  get compiled(): CompiledJob {
    return this.#compiled ??= compileJob(this.spec);
  }

  /** Whether its tasks may be placed now. */
  get isPlaceable(): boolean {
    return this.pending.size > 0 && this.holds === 0 && this.doomed === null && this.waitsFor.size === 0;
  }

  /** `count` attempts ran `totalMs` together. */
  ran(totalMs: number, count: number): void {
    const mean = totalMs / count;
    const weight = Math.min(1, WEIGHT * count);
    this.meanRunMs = this.meanRunMs === null ? mean : this.meanRunMs + (mean - this.meanRunMs) * weight;
  }

  toJob(): Job {
    const { id, spec, counts, createdAt, startedAt } = this;
    return { id, spec, counts, createdAt, startedAt, endedAt: null };
  }
}
