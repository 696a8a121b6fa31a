import type { ProcessTable } from "./process_table.ts";

/** Fork races: what was born while we looked is found in the next round. */
const ROUNDS = 5;

/**
 * SIGKILL to every process of the lane's session and to those that carry the task's name in their environment; the
 * lane itself goes last. With `lanePid` null, to the latter alone.
 */
export function killProcesses(processes: ProcessTable, lanePid: number | null, task: string): void {
  for (let round = 0; round < ROUNDS; round++) {
    const found = processes.list().filter(({ pid, session }) =>
      pid !== lanePid && pid !== Deno.pid && (session === lanePid || processes.taskOf(pid) === task)
    );
    if (found.length === 0) break;
    for (const { pid } of found) processes.signal(pid, "SIGKILL");
  }
  if (lanePid !== null) processes.signal(lanePid, "SIGKILL");
}
