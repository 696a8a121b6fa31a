import { createEventFeed, type EventFeed } from "../../controller/jobs/event_feed.ts";
import { createQueue, type RunningQueue } from "../../controller/jobs/job_queue.ts";
import type { EndedAttempt, HostReport, ReportOutcome } from "../../controller/jobs/queue.ts";
import { EMPTY_SHA256 } from "../../core/blob_name.ts";
import { listEvents, type StoredEvent } from "../../controller/store/events.ts";
import { openStore } from "../../controller/store/sqlite_store.ts";
import type { Store } from "../../controller/store/store.ts";
import type { Job, JobSpec } from "../../core/job.ts";
import type { AttemptRef } from "../../core/task.ts";
import { silentLog } from "../../system/log.ts";
import { aSpec } from "../builders/a_job.ts";
import { FakeClock } from "../fakes/fake_clock.ts";
import { FakeFleet } from "../fakes/fake_fleet.ts";

export interface QueueLabOptions {
  /** Default: in memory. */
  readonly path?: string;
  readonly fleet?: FakeFleet;
  readonly clock?: FakeClock;
  readonly blobsMissing?: (sha256: readonly string[]) => readonly string[];
}

/** A started queue with a fleet that does as it is told. */
export interface QueueLab extends AsyncDisposable {
  readonly store: Store;
  readonly fleet: FakeFleet;
  readonly clock: FakeClock;
  readonly queue: RunningQueue;
  readonly feed: EventFeed;
  /** Submits a job of `true`, and resolves once the placing that follows is committed. */
  submit(overrides?: Partial<JobSpec>): Promise<Job>;
  report(hostId: string, report: Partial<HostReport>): Promise<ReportOutcome>;
  /** Once everything asked for so far is committed and its followers have run. */
  settled(): Promise<void>;
  events(): StoredEvent[];
}

export async function queueLab(options: QueueLabOptions = {}): Promise<QueueLab> {
  const { path = ":memory:", fleet = new FakeFleet(), clock = new FakeClock() } = options;
  const store = openStore(path, { log: silentLog, clock });
  const feed = createEventFeed();
  const queue = createQueue({
    store,
    fleet,
    clock,
    feed,
    log: silentLog,
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    blobsMissing: options.blobsMissing ?? (() => []),
  });
  await queue.start();
  const settled = async () => {
    for (let round = 0; round < 3; round++) await store.write(() => {});
  };
  return {
    store,
    fleet,
    clock,
    queue,
    feed,
    settled,
    async submit(overrides = {}) {
      const job = await queue.submit(
        aSpec({ command: { argv: ["true"] }, columns: [], ...overrides }),
        null,
        null,
      );
      await settled();
      return job;
    },
    report: async (hostId, report) => {
      const outcome = await queue.observe(hostId, {
        started: [],
        ended: [],
        notStarted: [],
        lost: [],
        blobs: [],
        ...report,
      });
      await settled();
      return outcome;
    },
    events: () => store.read((db) => listEvents(db)),
    async [Symbol.asyncDispose]() {
      queue.close();
      await store.close();
    },
  };
}

/** An attempt that ended well, without output. */
export function anEnd(ref: AttemptRef, overrides: Partial<EndedAttempt> = {}): EndedAttempt {
  return {
    ref,
    epoch: 1,
    cause: "exit",
    exitCode: 0,
    startedAt: 1000,
    endedAt: 1010,
    reason: null,
    result: {
      output: { size: 0, sha256: EMPTY_SHA256 },
      files: [],
      usage: { userCpuSeconds: null, systemCpuSeconds: null, maxMemoryBytes: null, source: null },
    },
    ...overrides,
  };
}
