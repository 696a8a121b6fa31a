import { readTextOrNull } from "../small_file.ts";

/** A cgroup that limits the memory of one lane. */
export interface MemoryCgroup {
  readonly path: string;
  /** `cgroup2` or `cgroup1`. */
  readonly source: string;
  read(): { readonly peakBytes: number | null; readonly oomKills: number };
  pids(): number[];
  /** False while processes are in it. */
  remove(): boolean;
}

/** Makes cgroups below our own; null where that is not allowed. */
export interface MemoryLimiter {
  limit(lanePid: number, bytes: number): MemoryCgroup | null;
}

interface Version {
  readonly source: string;
  readonly limitFiles: readonly string[];
  readonly noSwap: readonly string[];
  readonly peakFile: string;
  readonly oomFile: string;
}

const VERSION_2: Version = {
  source: "cgroup2",
  limitFiles: ["memory.max"],
  noSwap: ["memory.swap.max"],
  peakFile: "memory.peak",
  oomFile: "memory.events",
};

const VERSION_1: Version = {
  source: "cgroup1",
  // memory.memsw may not be lower than memory, so it comes second.
  limitFiles: ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"],
  noSwap: [],
  peakFile: "memory.max_usage_in_bytes",
  oomFile: "memory.oom_control",
};

/** The directory of our memory cgroup, from `/proc/self/cgroup` and `/proc/self/mounts`; null if there is none. */
export function memoryCgroupDirectory(
  cgroups: string,
  mounts: string,
): { readonly version: 1 | 2; readonly directory: string } | null {
  const lines = cgroups.trim().split("\n").map((line) => line.split(":"));
  const own = (isIt: (controllers: string) => boolean) =>
    lines.find(([, controllers]) => isIt(controllers ?? "\0"))?.slice(2).join(":");
  const mountOf = (type: string, option: string | null) =>
    mounts.split("\n").map((line) => line.split(" ")).find(([, , kind, options]) =>
      kind === type && (option === null || options?.split(",").includes(option))
    )?.[1];
  const v1 = own((controllers) => controllers.split(",").includes("memory"));
  if (v1 !== undefined) {
    const mount = mountOf("cgroup", "memory");
    return mount === undefined ? null : { version: 1, directory: joinRoot(mount, v1) };
  }
  const v2 = own((controllers) => controllers === "");
  const mount = mountOf("cgroup2", null);
  return v2 === undefined || mount === undefined ? null : { version: 2, directory: joinRoot(mount, v2) };
}

function joinRoot(mount: string, path: string): string {
  return path === "/" ? mount : mount + path;
}

/** Null where memory cgroups cannot be made here; found out by making one. */
export function openMemoryLimiter(): MemoryLimiter | null {
  const own = memoryCgroupDirectory(
    readTextOrNull("/proc/self/cgroup") ?? "",
    readTextOrNull("/proc/self/mounts") ?? "",
  );
  if (own === null) return null;
  const version = own.version === 1 ? VERSION_1 : VERSION_2;
  if (own.version === 2) delegateMemory(own.directory);
  const make = (name: string, bytes: number) => makeCgroup(`${own.directory}/${name}`, version, bytes);
  const trial = make(`muster-trial-${Deno.pid}`, 64 * 2 ** 20);
  if (trial === null) return null;
  trial.remove();
  return {
    limit(lanePid, bytes) {
      const cgroup = make(`muster-lane-${lanePid}`, bytes);
      if (cgroup === null) return null;
      if (write(`${cgroup.path}/cgroup.procs`, String(lanePid))) return cgroup;
      cgroup.remove();
      return null;
    },
  };
}

/** The cgroup of a lane of a former agent; null if it is gone. */
export function findMemoryCgroup(path: string): MemoryCgroup | null {
  for (const version of [VERSION_2, VERSION_1]) {
    if (readTextOrNull(`${path}/${version.limitFiles[0]}`) !== null) return new Cgroup(path, version);
  }
  return null;
}

/**
 * Version 2 hands a controller to children only from a group that holds no process. If the group is ours alone
 * (a service with Delegate=yes), we step into a child of it first.
 */
function delegateMemory(directory: string): void {
  if (write(`${directory}/cgroup.subtree_control`, "+memory")) return;
  const pids = (readTextOrNull(`${directory}/cgroup.procs`) ?? "").trim().split("\n").map(Number);
  if (pids.length !== 1 || pids[0] !== Deno.pid) return;
  try {
    Deno.mkdirSync(`${directory}/muster-agent`);
  } catch {
    return;
  }
  write(`${directory}/muster-agent/cgroup.procs`, String(Deno.pid));
  write(`${directory}/cgroup.subtree_control`, "+memory");
}

function makeCgroup(path: string, version: Version, bytes: number): MemoryCgroup | null {
  try {
    Deno.mkdirSync(path);
  } catch {
    return null;
  }
  const cgroup = new Cgroup(path, version);
  const [limit, ...more] = version.limitFiles.map((file) => `${path}/${file}`);
  if (!write(limit!, String(bytes))) {
    cgroup.remove();
    return null;
  }
  for (const file of more) write(file, String(bytes));
  for (const file of version.noSwap) write(`${path}/${file}`, "0");
  return cgroup;
}

class Cgroup implements MemoryCgroup {
  readonly source: string;
  readonly #version: Version;

  constructor(readonly path: string, version: Version) {
    this.source = version.source;
    this.#version = version;
  }

  read(): { peakBytes: number | null; oomKills: number } {
    const peak = readTextOrNull(`${this.path}/${this.#version.peakFile}`);
    const oom = readTextOrNull(`${this.path}/${this.#version.oomFile}`) ?? "";
    return {
      peakBytes: peak === null ? null : Number(peak),
      oomKills: Number(/^oom_kill (\d+)$/m.exec(oom)?.[1] ?? 0),
    };
  }

  pids(): number[] {
    const text = readTextOrNull(`${this.path}/cgroup.procs`) ?? "";
    return text.split("\n").filter((line) => line !== "").map(Number);
  }

  remove(): boolean {
    try {
      Deno.removeSync(this.path);
      return true;
    } catch (error) {
      return error instanceof Deno.errors.NotFound;
    }
  }
}

/** Control files take a whole value in one write and refuse to be truncated or created. */
function write(path: string, text: string): boolean {
  try {
    using file = Deno.openSync(path, { write: true });
    file.writeSync(new TextEncoder().encode(text));
    return true;
  } catch {
    return false;
  }
}
