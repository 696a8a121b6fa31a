import { serverEvents } from "../../clients/typescript/server_events.ts";
import { MusterError } from "../../core/errors.ts";
import type { TakenSample } from "../../core/host.ts";
import type { Counts, Job } from "../../core/job.ts";
import { createApp } from "../../controller/api/app.ts";
import type { Connection } from "../../controller/api/context.ts";
import type { ApiParts, HostRecord, TaskRecord } from "../../controller/api/parts.ts";
import type { ConnectedHost } from "../../controller/hosts/fleet.ts";
import { SampleWatchers } from "../../controller/hosts/sample_watchers.ts";
import { emptyTally } from "../../controller/jobs/tally.ts";
import type { StoredAttempt } from "../../controller/store/attempts.ts";
import type { StoredEvent } from "../../controller/store/events.ts";
import type { Role } from "../../core/api/fleet.ts";
import { createTokens } from "../../controller/store/tokens.ts";
import { silentLog } from "../../system/log.ts";
import { aJob, someCounts } from "../builders/a_job.ts";
import { memoryBlobs } from "../fakes/memory_blobs.ts";
import { aStore } from "../builders/a_store.ts";

/** An app over parts in memory, whose jobs, tasks, events and time the test writes itself. */
export function apiLab(overrides: Partial<ApiParts> = {}) {
  const store = aStore();
  const time = { now: 1_700_000_000_000 };
  const clock = { now: () => time.now, monotonicMs: () => time.now };
  const jobs: Job[] = [];
  const tasks: TaskRecord[] = [];
  const attempts = new Map<string, StoredAttempt[]>();
  const events: StoredEvent[] = [];
  const hosts: HostRecord[] = [];
  const connected: ConnectedHost[] = [];
  const jobListeners = new Map<string, Set<(counts: Counts) => void>>();
  const eventListeners = new Set<() => void>();
  const calls: { name: string; args: readonly unknown[] }[] = [];
  const called = (name: string, ...args: readonly unknown[]) => void calls.push({ name, args });
  const state = { refusing: null as string | null, oldest: 1, logs: new Map<string, string>() };
  const blobs = memoryBlobs();
  const tally = emptyTally();
  const samples = new Map<string, TakenSample>();
  const sampleWatchers = new SampleWatchers((hostId, isWatched) => called("watch", hostId, isWatched));
  const find = (word: string): Job => {
    const job = word === "last"
      ? jobs.at(-1)
      : jobs.findLast(({ id, spec }) => id === word || spec.name === word);
    if (job !== undefined) return job;
    throw new MusterError("NotFound", `Cannot find job "${word}": there is no such job`);
  };

  const parts: ApiParts = {
    store,
    clock,
    log: silentLog,
    blobs,
    tokens: createTokens({ store, clock }),
    queue: {
      epoch: 1,
      async submit(spec, _rows, createdBy, options) {
        called("submit", spec, createdBy);
        const counts = someCounts({ pending: spec.total });
        const job = aJob({ id: `job${jobs.length + 1}`, spec, counts, createdAt: time.now });
        await store.write((db) => options?.also?.(db, job));
        jobs.push(job);
        return job;
      },
      kill(jobId, indexes) {
        called("kill", jobId, indexes);
        return Promise.resolve({ killed: 2, stopping: 1, onReturn: [{ hostId: "h1", tasks: 1 }] });
      },
      reset(jobId, which, indexes) {
        called("reset", jobId, which, indexes);
        return Promise.resolve(3);
      },
      remove(jobId) {
        called("remove", jobId);
        return Promise.resolve();
      },
      unwanted: () => Promise.resolve([]),
      countOn: () => 0,
      hostsOf: () => [],
      job: (jobId) => jobs.find(({ id }) => id === jobId) ?? null,
      task: (jobId, index) =>
        tasks.find(({ task }) => task.jobId === jobId && task.index === index)?.task ?? null,
      onJobChange(jobId, listener) {
        const listeners = jobListeners.get(jobId) ?? new Set();
        jobListeners.set(jobId, listeners.add(listener));
        return () => listeners.delete(listener);
      },
      waitingFor: () => null,
      tally: () => tally,
      hostRegistered: () => Promise.resolve({ drop: [] }),
      observe: () => Promise.resolve({ ack: [], missing: [] }),
      hostLost: () => Promise.resolve(),
    },
    fleet: {
      connected: () => connected,
      assign: () => {},
      kill: () => false,
      openLog(hostId, ref, { offset }) {
        const text = state.logs.get(`${ref.jobId}/${ref.index}/${ref.attempt}`);
        if (text !== undefined) return Promise.resolve(new Blob([text.slice(offset)]).stream());
        throw new MusterError("Unreachable", `Cannot open the log: host "${hostId}" is away`);
      },
      sample: (hostId) => samples.get(hostId) ?? null,
      watchSamples: (hostId, listener) => sampleWatchers.add(hostId, listener),
      sessionsBegun: () => 0,
      onChange: () => () => {},
    },
    jobs: {
      find,
      list({ name, limit }) {
        const all = jobs.toReversed().filter(({ spec }) => name === undefined || spec.name === name);
        return { items: all.slice(0, limit), next: all.length > limit ? "more" : null };
      },
      tasks(jobId, { state, limit, cursor }) {
        const all = tasks.filter(({ task }) =>
          task.jobId === jobId && task.index > Number(cursor ?? 0) &&
          (state === undefined || task.state === state)
        );
        const items = all.slice(0, limit);
        return { items, next: all.length > limit ? String(items.at(-1)!.task.index) : null };
      },
      task: (jobId, index) => tasks.find(({ task }) => task.jobId === jobId && task.index === index) ?? null,
      attempts: (jobId, index) => attempts.get(jobId)?.filter((each) => each.index === index) ?? [],
      attemptsBetween: (jobId, from, to) =>
        attempts.get(jobId)?.filter(({ index }) => index >= from && index <= to) ?? [],
    },
    events: {
      after: (since, { limit, jobId }) =>
        events.filter((event) => event.seq > since && (jobId === null || event.jobId === jobId)).slice(
          0,
          limit,
        ),
      newest: () => events.at(-1)?.seq ?? 0,
      oldest: () => state.oldest,
      onEvents(listener) {
        eventListeners.add(listener);
        return () => eventListeners.delete(listener);
      },
    },
    hosts: {
      list: () => hosts,
      nameOf: (hostId) => hosts.find(({ id }) => id === hostId)?.name ?? null,
      enroll: () => Promise.reject(new Error("not in this lab")),
    },
    about: {
      version: "1.2.3",
      fleet: "f1",
      fingerprint: "SHA256:AA",
      startedAt: time.now - 5_000,
      url: () => "http://127.0.0.1:7770",
      agentsAt: () => "127.0.0.1:7771",
      startsAtBoot: () => false,
    },
    refusing: () => state.refusing,
    shutdown: () => called("shutdown"),
    ...overrides,
  };
  const app = createApp(parts);
  const stopping = new AbortController();
  const connection: Connection = {
    listener: "tcp",
    servesHost: (host) => host === "127.0.0.1:7770",
    stopping: stopping.signal,
  };

  return {
    app,
    parts,
    store,
    blobs,
    jobs,
    tasks,
    attempts,
    events,
    hosts,
    connected,
    calls,
    state,
    tally,
    time,
    stopping,
    connection,
    socket: { ...connection, listener: "socket" } satisfies Connection,
    watchers: () => [...jobListeners.values()].reduce((sum, { size }) => sum + size, eventListeners.size),
    /** Replaces a job as a commit would, and tells its watchers. */
    change(job: Job) {
      jobs[jobs.findIndex(({ id }) => id === job.id)] = job;
      for (const listener of jobListeners.get(job.id) ?? []) listener(job.counts);
    },
    /** A sample that a host sent. */
    sample(hostId: string, sample: TakenSample) {
      samples.set(hostId, sample);
      sampleWatchers.tell(hostId, sample);
    },
    record(event: StoredEvent) {
      events.push(event);
      for (const listener of eventListeners) listener();
    },
    token: async (role: Role, expiresInSeconds: number | null = null) =>
      (await parts.tokens.create({ name: role, role, expiresInSeconds })).token,
    /** A request by the owner on the unix socket. */
    ask(path: string, { method = "GET", body, headers = {} }: Asked = {}): Promise<Response> {
      const init = { method, headers, ...(body === undefined ? {} : { body }) };
      return Promise.resolve(app.request(`http://127.0.0.1:7770${path}`, init, this.socket));
    },
    post(path: string, value: unknown, headers: Record<string, string> = {}): Promise<Response> {
      return this.ask(path, { method: "POST", body: JSON.stringify(value), headers });
    },
    [Symbol.dispose]() {
      stopping.abort();
      store[Symbol.dispose]();
    },
  };
}

interface Asked {
  readonly method?: string;
  readonly body?: BodyInit;
  readonly headers?: Record<string, string>;
}

/** The events of a stream, as they came; their data parsed. */
export async function* eventsOf(response: Response) {
  for await (const { event, id, data } of serverEvents(response.body!)) {
    yield { event, id, data: JSON.parse(data) };
  }
}
