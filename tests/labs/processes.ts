/** Pids of all processes on this machine. */
export function allPids(): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => pid > 0);
}

/** Whether a process of this number exists and is no zombie. */
export function isAlive(pid: number): boolean {
  return !/^State:\s+[ZX]/m.test(readOr(`/proc/${pid}/status`, "State: X"));
}

/** The words a process was started with; none if it is gone. */
export function argvOf(pid: number): readonly string[] {
  return readOr(`/proc/${pid}/cmdline`, "").split("\0").slice(0, -1);
}

/** Pid of the process that started it; 0 if it is gone. */
export function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readOr(`/proc/${pid}/status`, ""))?.[1] ?? 0);
}

/** The session a process belongs to: for a task, the pid of its lane. 0 if it is gone. */
export function sessionOf(pid: number): number {
  const stat = readOr(`/proc/${pid}/stat`, "");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3] ?? 0);
}

/** A signal to a process that may be gone. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch {
    // It ended in between.
  }
}

/** Processes that have to do with `directory`: they run in it, hold a file of it open, or were told of it. */
export function processesOf(directory: string): number[] {
  return allPids().filter((pid) => pid !== Deno.pid && isAlive(pid) && touches(pid, directory));
}

function touches(pid: number, directory: string): boolean {
  const links = [`/proc/${pid}/cwd`, ...descriptors(pid)].map(linkOr);
  return links.some((path) => path === directory || path.startsWith(`${directory}/`)) ||
    readOr(`/proc/${pid}/environ`, "").includes(directory) ||
    argvOf(pid).some((word) => word.includes(directory));
}

function descriptors(pid: number): string[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => `/proc/${pid}/fd/${name}`);
  } catch {
    return [];
  }
}

function linkOr(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return "";
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return otherwise;
  }
}
