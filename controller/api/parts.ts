import type { EnrollBody, EnrolledBody } from "../../core/api/fleet.ts";
import type { Host, TakenSample } from "../../core/host.ts";
import type { Job, JobState } from "../../core/job.ts";
import type { Task, TaskState } from "../../core/task.ts";
import type { Instant } from "../../core/time.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";
import type { Fleet } from "../hosts/fleet.ts";
import type { Queue } from "../jobs/queue.ts";
import type { StoredAttempt } from "../store/attempts.ts";
import type { BlobStore } from "../store/blob_store.ts";
import type { StoredEvent } from "../store/events.ts";
import type { Store } from "../store/store.ts";
import type { Tokens } from "../store/tokens.ts";

/** What the HTTP API is made of. */
export interface ApiParts {
  readonly store: Store;
  readonly queue: Queue;
  readonly fleet: Fleet;
  readonly blobs: BlobStore;
  readonly tokens: Tokens;
  readonly jobs: JobRecords;
  readonly events: EventRecords;
  readonly hosts: HostRecords;
  readonly about: About;
  readonly clock: Clock;
  readonly log: Log;
  /** Why submissions and uploads are refused now (disk nearly full), in words; null if they are not. */
  refusing(): string | null;
  /** Begins to stop the controller; returns at once. */
  shutdown(): void;
}

/** A page and where the next begins. */
export interface Slice<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export interface TaskRecord {
  readonly task: Task;
  /** In the order of the job's columns. */
  readonly parameters: readonly string[];
}

/** Reads of stored jobs. */
export interface JobRecords {
  /** By id, name (its newest job), unique prefix, or `last`. Throws `NotFound`, `InvalidInput` for a prefix of several. */
  find(word: string): Job;
  /** Newest first. Throws `InvalidInput` for a cursor that is none. */
  list(query: {
    readonly name?: string | undefined;
    readonly state?: JobState | undefined;
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Slice<Job>;
  /** By index. */
  tasks(jobId: string, query: {
    readonly state?: TaskState | undefined;
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Slice<TaskRecord>;
  task(jobId: string, index: number): TaskRecord | null;
  /** Ended attempts, first to last. */
  attempts(jobId: string, index: number): readonly StoredAttempt[];
  /** Ended attempts of the tasks `from` to `to`, both included, by task and attempt. */
  attemptsBetween(jobId: string, from: number, to: number): readonly StoredAttempt[];
}

/** The recorded events. */
export interface EventRecords {
  /** Events after `since`, oldest first; of one job, or of all. */
  after(
    since: number,
    query: { readonly limit: number; readonly jobId: string | null },
  ): readonly StoredEvent[];
  /** Number of the newest event; 0 if there was none. */
  newest(): number;
  /** Number of the oldest one kept; one more than the newest if none is kept. */
  oldest(): number;
  /** Called after events were committed; returns the way to stop. */
  onEvents(listener: () => void): () => void;
}

/** A host as the API shows it. */
export interface HostRecord extends Host {
  /** Why it takes no new work, in words. */
  readonly refusing: string | null;
  /** What it used last; null while it has no session. */
  readonly sample: TakenSample | null;
}

export interface HostRecords {
  /** All but the removed, by name; those with a session are `ready` or `draining`. */
  list(): readonly HostRecord[];
  /** Also of a removed host; null for an unknown id. Cheap. */
  nameOf(hostId: string): string | null;
  /** Signs a host's key. Throws `InvalidInput`, `Conflict`, `NotAllowed`. */
  enroll(request: EnrollBody): Promise<EnrolledBody>;
}

/** The controller about itself. */
export interface About {
  readonly version: string;
  readonly fleet: string;
  /** `SHA256:…` of the fleet's authority. */
  readonly fingerprint: string;
  readonly startedAt: Instant;
  /** Known once it listens. */
  url(): string;
  /** host:port of the agents' listener. */
  agentsAt(): string;
  startsAtBoot(): boolean;
}
