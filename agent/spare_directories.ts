import { dirname } from "node:path";
import { BLANK_RECORD } from "./keeper/exit_record.ts";
import { overwrite } from "./small_file.ts";

/** Kept at most; at 1,000 tasks a second about two seconds' worth wait for the process table to be read. */
const MOST = 4000;
/** What the directories of an attempt that are used again may hold. */
const HELD: readonly (readonly [string, ReadonlySet<string>])[] = [
  ["", new Set(["run", "out", "exit", "work", "tmp"])],
  ["/work", new Set()],
  ["/tmp", new Set()],
];
/** Deno tells a ctime in whole seconds: a later change shows in those that are older than this. */
const TICK_MS = 2000;

/** When each of {@linkcode HELD} was changed last, on looking into it; NaN: unknown. */
type Stamps = readonly number[];

interface Spare {
  readonly path: string;
  /** Null: nobody has looked into it. */
  readonly stamps: Stamps | null;
}

/**
 * Directories of attempts that left nothing, for later attempts. Making and removing seven entries a task costs more
 * than running `true` (on ext4 without a journal, files deleted of late slow every creation nearby), renaming one
 * costs nearly nothing. A directory is used again only after its task was looked for in the process table and not
 * found: a child that outlives its task must not meet another's files.
 */
export class SpareDirectories {
  readonly #root: string;
  /** By the task that used them last; waiting to be cleared. */
  readonly #waiting = new Map<string, Spare>();
  readonly #cleared = new Set<string>();
  readonly #ready: Spare[] = [];
  /** Of those that are in use, by the directory of the index. */
  readonly #stamps = new Map<string, Stamps>();
  #next = 0;

  /** `root` is made; nothing in it outlives this process. */
  constructor(root: string) {
    this.#root = root;
    Deno.mkdirSync(root, { recursive: true, mode: 0o700 });
  }

  /** Takes the directory of an index with its one attempt `1/`. False: not wanted, it stays where it is. */
  offer(task: string, indexDirectory: string): boolean {
    const isCleared = this.#cleared.delete(task);
    const stamps = this.#stamps.get(indexDirectory) ?? null;
    this.#stamps.delete(indexDirectory);
    if (this.#waiting.size + this.#ready.length >= MOST) return false;
    const spare = { path: `${this.#root}/${this.#next++}`, stamps };
    try {
      Deno.renameSync(indexDirectory, spare.path);
    } catch {
      return false;
    }
    if (isCleared) this.#ready.push(spare);
    else this.#waiting.set(task, spare);
    return true;
  }

  /** No process of this task is left. */
  clear(task: string): void {
    const spare = this.#waiting.get(task);
    if (spare === undefined) {
      // Those whose attempts were forgotten before would stay for ever; without the word, a spare is only not made.
      if (this.#cleared.size >= MOST) this.#cleared.clear();
      this.#cleared.add(task);
    } else {
      this.#waiting.delete(task);
      this.#ready.push(spare);
    }
  }

  /** The task is forgotten without being offered. */
  forget(task: string, indexDirectory: string): void {
    this.#cleared.delete(task);
    this.#stamps.delete(indexDirectory);
  }

  /**
   * Makes `indexDirectory` of a spare: it holds `1/` with empty `work/` and `tmp/`, a blank `exit`, and no `out` or an
   * empty one. False: make it anew.
   */
  take(indexDirectory: string): boolean {
    const spare = this.#ready.pop();
    if (spare === undefined) return false;
    try {
      const stamps = whereUnused(`${spare.path}/1`, spare.stamps);
      if (stamps === null) return false;
      overwrite(`${spare.path}/1/exit`, BLANK_RECORD);
      this.#stamps.set(indexDirectory, stamps);
    } catch {
      // It cannot be read any more, and goes at the next start.
      return false;
    }
    if (moveTo(spare.path, indexDirectory)) return true;
    this.#stamps.delete(indexDirectory);
    this.#ready.push(spare);
    return false;
  }
}

/** False: another attempt of the index is there. The job may have no directory yet. */
function moveTo(path: string, indexDirectory: string, isAgain = false): boolean {
  try {
    Deno.renameSync(path, indexDirectory);
    return true;
  } catch (error) {
    if (isAgain || !(error instanceof Deno.errors.NotFound)) return false;
  }
  Deno.mkdirSync(dirname(indexDirectory), { recursive: true, mode: 0o700 });
  return moveTo(path, indexDirectory, true);
}

/** Null: it holds something of the attempt before. Looks into the directories only where they changed since `known`. */
function whereUnused(attempt: string, known: Stamps | null): Stamps | null {
  const stamps: number[] = [];
  for (const [at, [name, files]] of HELD.entries()) {
    const directory = `${attempt}${name}`;
    const stamp = changedAtMs(directory);
    if (stamp === null || stamp !== known?.[at]) {
      for (const entry of Deno.readDirSync(directory)) if (!files.has(entry.name)) return null;
    }
    // One that changed just now may do so again without another stamp.
    stamps.push(stamp === null || Date.now() - stamp < TICK_MS ? NaN : stamp);
  }
  removeUnlessEmpty(`${attempt}/out`);
  return stamps;
}

function removeUnlessEmpty(path: string): void {
  try {
    if (Deno.lstatSync(path).size > 0) Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Unlike the time of the last change of its content, no program can set this one. */
function changedAtMs(path: string): number | null {
  return Deno.lstatSync(path).ctime?.getTime() ?? null;
}
