import { BLANK_RECORD } from "./keeper/exit_record.ts";
import { overwrite } from "./small_file.ts";

/** Kept at most; at 1,000 tasks a second about two seconds' worth wait for the process table to be read. */
const MOST = 4000;
/** What a directory that is used again may hold beside `work/` and `tmp/`. */
const FILES = new Set(["run", "out", "exit", "work", "tmp"]);

/**
 * Directories of attempts that left nothing, for later attempts. Making and removing seven entries a task costs more
 * than running `true` (on ext4 without a journal, files deleted of late slow every creation nearby), renaming one
 * costs nearly nothing. A directory is used again only after its task was looked for in the process table and not
 * found: a child that outlives its task must not meet another's files.
 */
export class SpareDirectories {
  readonly #root: string;
  /** By the task that used them last; waiting to be cleared. */
  readonly #waiting = new Map<string, string>();
  readonly #cleared = new Set<string>();
  readonly #ready: string[] = [];
  #next = 0;

  /** `root` is made; nothing in it outlives this process. */
  constructor(root: string) {
    this.#root = root;
    Deno.mkdirSync(root, { recursive: true, mode: 0o700 });
  }

  /** Takes the directory of an index with its one attempt `1/`. False: not wanted, it stays where it is. */
  offer(task: string, indexDirectory: string): boolean {
    const isCleared = this.#cleared.delete(task);
    if (this.#waiting.size + this.#ready.length >= MOST) return false;
    const path = `${this.#root}/${this.#next++}`;
    try {
      Deno.renameSync(indexDirectory, path);
    } catch {
      return false;
    }
    if (isCleared) this.#ready.push(path);
    else this.#waiting.set(task, path);
    return true;
  }

  /** No process of this task is left. */
  clear(task: string): void {
    const path = this.#waiting.get(task);
    if (path === undefined) {
      // Those whose attempts were forgotten before would stay for ever; without the word, a spare is only not made.
      if (this.#cleared.size >= MOST) this.#cleared.clear();
      this.#cleared.add(task);
    } else {
      this.#waiting.delete(task);
      this.#ready.push(path);
    }
  }

  /** The task is forgotten without being offered. */
  forget(task: string): void {
    this.#cleared.delete(task);
  }

  /** Makes `indexDirectory` of a spare: it holds `1/` with empty `work/` and `tmp/`, and no `out`. False: make it anew. */
  take(indexDirectory: string): boolean {
    const path = this.#ready.pop();
    if (path === undefined) return false;
    try {
      if (!isUnused(`${path}/1`)) return false;
      overwrite(`${path}/1/exit`, BLANK_RECORD);
      Deno.removeSync(`${path}/1/out`);
      Deno.renameSync(path, indexDirectory);
      return true;
    } catch {
      // Another attempt of the index is there, or the job's directory is not. The spare goes at the next start.
      return false;
    }
  }
}

function isUnused(attempt: string): boolean {
  for (const { name } of Deno.readDirSync(attempt)) if (!FILES.has(name)) return false;
  return isEmpty(`${attempt}/work`) && isEmpty(`${attempt}/tmp`);
}

function isEmpty(directory: string): boolean {
  for (const _ of Deno.readDirSync(directory)) return false;
  return true;
}
