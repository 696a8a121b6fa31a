import { bootId } from "../../system/machine.ts";
import { runCommandSync } from "../../system/run_command.ts";
import { parseProcStat, parsePs } from "./parse_processes.ts";
import type { ProcessEntry } from "./parse_processes.ts";
import { decodeLatin1, readSmallFile } from "../small_file.ts";

/** What the operating system knows of processes. Reads, signals; keeps nothing. */
export interface ProcessTable {
  /** Names this boot of the machine. */
  readonly bootId: string;
  /** Null if there is no such process, or only its zombie. */
  find(pid: number): ProcessEntry | null;
  list(): ProcessEntry[];
  pids(): number[];
  /** `MUSTER_TASK` of the process; null if it has none or belongs to another user. */
  taskOf(pid: number): string | null;
  /** A negative pid means its process group. A process that is gone is no error. */
  signal(pid: number, signal: Deno.Signal): void;
}

export function systemProcessTable(): ProcessTable {
  return Deno.build.os === "linux" ? new ProcTable() : new PsTable();
}

function signal(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // Gone already, or another user's.
  }
}

/** Linux: files under /proc. */
class ProcTable implements ProcessTable {
  readonly bootId = bootId();
  readonly signal = signal;

  find(pid: number): ProcessEntry | null {
    const stat = readSmallFile(`/proc/${pid}/stat`);
    const entry = stat === null ? null : parseProcStat(decodeLatin1(stat));
    return entry === null || entry.isZombie ? null : entry;
  }

  pids(): number[] {
    const pids: number[] = [];
    for (const { name } of Deno.readDirSync("/proc")) {
      const pid = Number(name);
      if (pid > 0) pids.push(pid);
    }
    return pids;
  }

  list(): ProcessEntry[] {
    return this.pids().map((pid) => this.find(pid)).filter((entry) => entry !== null);
  }

  taskOf(pid: number): string | null {
    const environ = readSmallFile(`/proc/${pid}/environ`);
    if (environ === null) return null;
    return /(?:^|\0)MUSTER_TASK=([^\0]*)/.exec(decodeLatin1(environ))?.[1] ?? null;
  }
}

/** macOS: `ps`. It shows environments of one's own processes by `-E`, sessions not at all: the group stands in. */
class PsTable implements ProcessTable {
  readonly bootId = bootId();
  readonly signal = signal;

  find(pid: number): ProcessEntry | null {
    return this.#ps(["-p", String(pid)])[0] ?? null;
  }

  pids(): number[] {
    return this.list().map((entry) => entry.pid);
  }

  list(): ProcessEntry[] {
    return this.#ps(["-ax"]);
  }

  taskOf(pid: number): string | null {
    return /\sMUSTER_TASK=(\S*)/.exec(output("ps", ["-E", "-ww", "-o", "command=", "-p", String(pid)]))
      ?.[1] ??
      null;
  }

  #ps(which: readonly string[]): ProcessEntry[] {
    return parsePs(output("ps", [...which, "-o", "pid=,ppid=,pgid=,rss=,stat=,lstart="]));
  }
}

/** A command's output; empty if it cannot run. */
function output(command: string, args: string[]): string {
  try {
    return runCommandSync([command, ...args]).stdout;
  } catch {
    return "";
  }
}
