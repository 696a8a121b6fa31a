import type { MemoryCgroup } from "../keeper/memory_cgroup.ts";
import type { ProcessTable } from "../keeper/process_table.ts";

const RETRY_MS = 50;
const TRIES = 40;

/** Ends what is left in the cgroup of a lane that is gone, and removes it once the kernel has let go of it. */
export function removeCgroup(cgroup: MemoryCgroup, processes: ProcessTable, triesLeft = TRIES): void {
  for (const pid of cgroup.pids()) processes.signal(pid, "SIGKILL");
  if (cgroup.remove() || triesLeft === 0) return;
  setTimeout(() => removeCgroup(cgroup, processes, triesLeft - 1), RETRY_MS);
}
