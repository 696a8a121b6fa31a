/** One process as the system lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** On macOS the process group. */
  readonly session: number;
  /** Compared only: together with the boot id it tells a process from a later one of the same number. */
  readonly startTime: string;
  readonly rssBytes: number;
  readonly isZombie: boolean;
}

/** Bytes a page; 4 KiB on x64 and most arm64 Linux. Kernels with 64 KiB pages show memory too low by 16. */
const PAGE_BYTES = 4096;

/** `/proc/<pid>/stat`; null if it is cut off. The second field is a name in brackets that may hold anything. */
export function parseProcStat(text: string): ProcessEntry | null {
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const startTime = fields[19];
  if (!Number.isInteger(pid) || startTime === undefined) return null;
  return {
    pid,
    parent: Number(fields[1]),
    session: Number(fields[3]),
    startTime,
    rssBytes: Number(fields[21] ?? 0) * PAGE_BYTES,
    isZombie: fields[0] === "Z" || fields[0] === "X",
  };
}

/** `ps -o pid=,ppid=,pgid=,rss=,stat=,lstart=`; zombies are left out. */
export function parsePs(text: string): ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S.*?)\s*$/.exec(line);
    if (match === null || match[5]!.startsWith("Z")) continue;
    entries.push({
      pid: Number(match[1]),
      parent: Number(match[2]),
      session: Number(match[3]),
      rssBytes: Number(match[4]) * 1024,
      isZombie: false,
      startTime: match[6]!,
    });
  }
  return entries;
}
