import { type Capacity, fits, loadOf, NOTHING } from "./capacity.ts";
import { MinHeap } from "./min_heap.ts";

/** A job with tasks to place. */
export interface WaitingJob {
  readonly id: string;
  readonly pending: number;
  /** Its tasks that are on hosts already. Those with fewest come first. */
  readonly out: number;
  readonly need: Capacity;
  /** Names of the hosts it may run on; null: any. */
  readonly on: readonly string[] | null;
  /** Mean milliseconds one task runs; null: not known yet. */
  readonly meanRunMs: number | null;
}

/** A host that takes work, with what is on it. */
export interface PlaceableHost {
  readonly id: string;
  readonly name: string;
  readonly capacity: Capacity;
  readonly held: readonly {
    readonly count: number;
    readonly need: Capacity;
    readonly meanRunMs: number | null;
  }[];
}

export interface Placement {
  readonly jobId: string;
  readonly hostId: string;
  readonly count: number;
}

/** Tasks may wait on a host up to this many times what runs there … */
const LOOK_AHEAD_LOAD = 2;

/** … or up to this many milliseconds of work, if that is more … */
const LOOK_AHEAD_MS = 200;

/** … but not beyond this many tasks. */
const LOOK_AHEAD_TASKS = 1000;

/** The last two are filled up only when they have fallen to this share: one large message instead of many small. */
const REFILL = 0.75;

/**
 * Which tasks go where now. The least loaded host that a task fits comes first, so nothing waits on one host while
 * another one has room; jobs take turns, those with fewest tasks out first. Costs O(placed + jobs + hosts), times
 * the number of different needs and a logarithm. `limit`: how many to place at most.
 */
export function place(
  jobs: readonly WaitingJob[],
  hosts: readonly PlaceableHost[],
  limit: number = Infinity,
): Placement[] {
  let rest = limit;
  const loads = hosts.map(hostLoad);
  const classes = new Map<string, MinHeap<HostLoad>>();
  const placed = new Map<string, Map<string, number>>();
  for (const turn of turns(jobs)) {
    const key = classKey(turn.job);
    let heap = classes.get(key);
    if (heap === undefined) classes.set(key, heap = candidates(turn.job, loads));
    const host = takeHost(heap, turn.job);
    if (host === null) {
      turn.give();
      continue;
    }
    put(host, turn.job);
    count(placed, turn.job.id, host.id);
    if (--rest === 0) break;
  }
  return [...placed].flatMap(([jobId, byHost]) =>
    [...byHost].map(([hostId, count]) => ({ jobId, hostId, count }))
  );
}

interface HostLoad {
  readonly id: string;
  readonly name: string;
  readonly capacity: Capacity;
  used: { cpus: number; memoryBytes: number; gpus: number };
  out: number;
  /** Milliseconds until a CPU is free again if nothing is added; infinite where a mean is not known. */
  workMs: number;
  /** Whether short work may be filled up: it has fallen far enough. */
  readonly refills: boolean;
}

function hostLoad({ id, name, capacity, held }: PlaceableHost): HostLoad {
  const load: HostLoad = { id, name, capacity, used: { ...NOTHING }, out: 0, workMs: 0, refills: true };
  for (const { count, need, meanRunMs } of held) add(load, need, meanRunMs, count);
  const refills = load.workMs <= REFILL * LOOK_AHEAD_MS && load.out <= REFILL * LOOK_AHEAD_TASKS;
  return { ...load, refills };
}

function add(load: HostLoad, need: Capacity, meanRunMs: number | null, count: number): void {
  load.out += count;
  load.used.cpus += count * need.cpus;
  load.used.memoryBytes += count * need.memoryBytes;
  load.used.gpus += count * need.gpus;
  load.workMs += count * loadOf(need, need, load.capacity) * (meanRunMs ?? Infinity);
}

const put = (host: HostLoad, job: WaitingJob) => add(host, job.need, job.meanRunMs, 1);

/** Jobs with the same needs share one order of hosts. */
function classKey({ need, on }: WaitingJob): string {
  return `${need.cpus} ${need.memoryBytes} ${need.gpus} ${on === null ? "" : JSON.stringify(on)}`;
}

/** The hosts that one task of the job fits when they are empty. */
function candidates({ need, on }: WaitingJob, hosts: readonly HostLoad[]): MinHeap<HostLoad> {
  const able = hosts.filter(({ name, capacity }) =>
    (on === null || on.includes(name)) && fits(need, NOTHING, capacity)
  );
  return new MinHeap(able, (a, b) => weight(need, a) - weight(need, b) || (a.id < b.id ? -1 : 1));
}

/** A host with room for the task comes before all without. */
function weight(need: Capacity, host: HostLoad): number {
  const load = loadOf(need, host.used, host.capacity);
  return fits(need, host.used, host.capacity) ? load / (1 + load) : 1 + load;
}

/** The best host for one more task of the job; null if none may take more. */
function takeHost(heap: MinHeap<HostLoad>, job: WaitingJob): HostLoad | null {
  // Other jobs may have loaded hosts since they were put in order. Loads only grow, so the least is found by
  // letting the first sink until it stays.
  for (let host = heap.least; host !== undefined; host = heap.least) {
    heap.leastGrew();
    if (heap.least !== host) continue;
    if (mayTake(host, job)) return host;
    // Without room here there may be room on a host with more load, if its load is of work that runs shortly.
    heap.removeLeast();
  }
  return null;
}

function mayTake(host: HostLoad, job: WaitingJob): boolean {
  if (fits(job.need, host.used, host.capacity)) return true;
  if (host.out >= LOOK_AHEAD_TASKS) return false;
  // The load before, not after: a large task must not starve beside small ones that always fit.
  if (loadOf(job.need, host.used, host.capacity) < LOOK_AHEAD_LOAD) return true;
  return host.refills && host.workMs < LOOK_AHEAD_MS;
}

interface Turn {
  readonly job: WaitingJob;
  /** No host takes more of it. */
  give(): void;
}

/** Jobs in turns: the one with fewest tasks out first, the older one of two alike. */
function* turns(jobs: readonly WaitingJob[]): Generator<Turn> {
  const order = jobs.map((job, at) => ({ job, at, out: job.out, rest: job.pending }));
  const heap = new MinHeap(order, (a, b) => a.out - b.out || a.at - b.at);
  for (let next = heap.least; next !== undefined; next = heap.least) {
    let given = false;
    yield { job: next.job, give: () => given = true };
    next.out++;
    next.rest--;
    if (given || next.rest === 0) heap.removeLeast();
    else heap.leastGrew();
  }
}

function count(placed: Map<string, Map<string, number>>, jobId: string, hostId: string): void {
  let byHost = placed.get(jobId);
  if (byHost === undefined) placed.set(jobId, byHost = new Map());
  byHost.set(hostId, (byHost.get(hostId) ?? 0) + 1);
}
