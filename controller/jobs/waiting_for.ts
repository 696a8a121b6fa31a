import { formatBytes } from "../../core/quantity.ts";
import type { ConnectedHost } from "../hosts/fleet.ts";
import { type Capacity, fits, needOf, NOTHING } from "../scheduling/capacity.ts";
import { capacityOf, takesWork } from "../scheduling/view.ts";
import type { UnfinishedJob } from "./unfinished_job.ts";

/** Why no task of the job is placed now, in words; null if nothing hinders. `nameOf`: a job's name by its id. */
export function waitingFor(
  job: UnfinishedJob,
  hosts: readonly ConnectedHost[],
  nameOf: (jobId: string) => string,
): string | null {
  if (job.pending.size === 0) return null;
  const [before] = job.waitsFor;
  if (before !== undefined) return `waits for job "${nameOf(before)}"`;
  if (!job.isPlaceable) return null;
  if (hosts.length === 0) return "no host is connected";
  const { on } = job.spec;
  const named = on === null ? hosts : hosts.filter(({ name }) => on.includes(name));
  if (named.length === 0) return `no host named ${on!.map((name) => `"${name}"`).join(" or ")} is connected`;
  const need = needOf(job.spec.resources);
  const able = named.filter((host) => fits(need, NOTHING, capacityOf(host)));
  if (able.length === 0) return tooLarge(need, named.map(capacityOf));
  return refusal(able) ?? (job.out.size === 0 ? "behind other work" : null);
}

/** Null if one of the hosts takes work. */
function refusal(hosts: readonly ConnectedHost[]): string | null {
  if (hosts.some(takesWork)) return null;
  const { name, refusing } = hosts.find(({ refusing }) => refusing !== null) ?? hosts[0]!;
  return refusing === null ? `host "${name}" is draining` : `host "${name}" refuses: ${refusing}`;
}

function tooLarge(need: Capacity, hosts: readonly Capacity[]): string {
  const cpus = Math.max(...hosts.map(({ cpus }) => cpus));
  if (need.cpus > cpus) return `needs ${plural(need.cpus, "CPU")}, the largest host has ${cpus}`;
  const gpus = Math.max(...hosts.map(({ gpus }) => gpus));
  if (need.gpus > gpus) return `needs ${plural(need.gpus, "GPU")}, the largest host has ${gpus}`;
  const memory = Math.max(...hosts.map(({ memoryBytes }) => memoryBytes));
  if (need.memoryBytes > memory) {
    return `needs ${formatBytes(need.memoryBytes)} of memory, the largest host has ${formatBytes(memory)}`;
  }
  return "no single host has all of the CPUs, memory and GPUs it needs";
}

const plural = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
