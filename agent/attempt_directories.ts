import type { AttemptRef } from "../core/task.ts";
import type { Log } from "../system/log.ts";
import { messageOf } from "../core/errors.ts";
import { attemptKey, attemptPath } from "./attempt_ref.ts";
import { BLANK_RECORD } from "./keeper/exit_record.ts";
import type { RunHeader } from "./run_header.ts";
import { parseRunHeader } from "./run_header.ts";
import { overwrite, readTextOrNull } from "./small_file.ts";
import { SpareDirectories } from "./spare_directories.ts";

/** Removing waits for the disk and slows the making of new directories, so it is left for a pause of this length … */
const PAUSE_MS = 2000;
/** … unless so many lie there … */
const MANY = 10_000;
/** … or so many bytes. */
const LARGE_BYTES = 64 * 2 ** 20;

/**
 * The directories of attempts under `tasks/`. Forgetting is a rename into `tasks/.trash`: at once and whole, so that
 * nobody finds half of one. What lies there is removed later and together, for removing waits for the disk.
 */
export class AttemptDirectories {
  readonly #root: string;
  readonly #log: Log;
  readonly #spares: SpareDirectories;
  /** Attempts of each index; the directory of an index goes with its last one. */
  readonly #counts = new Map<string, number>();
  #trash: string | null = null;
  #next = 0;
  #trashCount = 0;
  #trashBytes = 0;
  #discardedAtMs = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #removing: Promise<void> = Promise.resolve();

  /** `root` is made if it is not there. */
  constructor(root: string, log: Log) {
    this.#root = root;
    this.#log = log;
    Deno.mkdirSync(`${root}/.trash`, { recursive: true, mode: 0o700 });
    for (const { name } of Deno.readDirSync(`${root}/.trash`)) this.#remove(`${root}/.trash/${name}`);
    this.#spares = new SpareDirectories(`${root}/.trash/spares-${crypto.randomUUID()}`);
  }

  pathOf(ref: AttemptRef): string {
    return `${this.#root}/${attemptPath(ref)}`;
  }

  /** Says that the attempt has a directory, or is about to. */
  keep(ref: AttemptRef): void {
    const index = `${ref.jobId}/${ref.index}`;
    this.#counts.set(index, (this.#counts.get(index) ?? 0) + 1);
  }

  /** Takes {@linkcode keep} back; the directory stays. Answers whether it was the last of its index. */
  release(ref: AttemptRef): boolean {
    const index = `${ref.jobId}/${ref.index}`;
    const left = (this.#counts.get(index) ?? 1) - 1;
    if (left > 0) this.#counts.set(index, left);
    else this.#counts.delete(index);
    return left <= 0;
  }

  /** The attempt's directory goes, with `bytes` in it. `isClean`: it left no files, so that another may use it. */
  forget(ref: AttemptRef, bytes: number, isClean: boolean): void {
    const isLast = this.release(ref);
    const index = `${this.#root}/${ref.jobId}/${ref.index}`;
    if (isClean && isLast && ref.attempt === 1 && this.#spares.offer(attemptKey(ref), index)) return;
    this.#spares.forget(attemptKey(ref), index);
    this.#trashBytes += bytes;
    this.#discard(isLast ? index : this.pathOf(ref));
  }

  /** No process of this task is left. */
  clear(task: string): void {
    this.#spares.clear(task);
  }

  /** Makes the attempt's directory with empty `work/` and `tmp/` and a blank `exit`, of a spare one if there is any. */
  make(ref: AttemptRef): void {
    if (ref.attempt === 1 && this.#spares.take(`${this.#root}/${ref.jobId}/${ref.index}`)) return;
    const path = this.pathOf(ref);
    const options = { recursive: true, mode: 0o700 };
    Deno.mkdirSync(`${path}/work`, options);
    Deno.mkdirSync(`${path}/tmp`, options);
    // So that a full disk finds room for the record, and its absence means that the task removed it.
    overwrite(`${path}/exit`, BLANK_RECORD);
  }

  /** Removes the directory of a job if nothing is left in it. */
  forgetJob(jobId: string): void {
    try {
      // At once: a removal on another thread could meet the job's next attempt half made.
      Deno.removeSync(`${this.#root}/${jobId}`);
    } catch {
      // Not empty, or never made.
    }
  }

  /** Every attempt found on disk. Directories without a readable `run` began nothing and are removed. */
  scan(): { readonly directory: string; readonly header: RunHeader }[] {
    const found: { directory: string; header: RunHeader }[] = [];
    for (const directory of this.#attempts()) {
      const header = parseRunHeader(readTextOrNull(`${directory}/run`) ?? "");
      const isHere = header !== null && this.pathOf(header.assignment.ref) === directory;
      if (isHere) found.push({ directory, header });
      else this.#discard(directory);
    }
    return found;
  }

  /** Waits for what is being removed; the rest goes at the next start. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#removing;
  }

  *#attempts(): Iterable<string> {
    const directories = (path: string) =>
      [...Deno.readDirSync(path)].filter(({ name, isDirectory }) => isDirectory && !name.startsWith("."));
    for (const job of directories(this.#root)) {
      const jobPath = `${this.#root}/${job.name}`;
      for (const index of directories(jobPath)) {
        const indexPath = `${jobPath}/${index.name}`;
        for (const attempt of directories(indexPath)) yield `${indexPath}/${attempt.name}`;
      }
    }
  }

  #discard(path: string): void {
    try {
      if (this.#trash === null) {
        this.#trash = `${this.#root}/.trash/${crypto.randomUUID()}`;
        Deno.mkdirSync(this.#trash, { recursive: true, mode: 0o700 });
      }
      Deno.renameSync(path, `${this.#trash}/${this.#next++}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      this.#log.warn("attempt directory cannot be removed", { path, error: messageOf(error) });
    }
    this.#discardedAtMs = performance.now();
    if (++this.#trashCount >= MANY || this.#trashBytes >= LARGE_BYTES) this.#empty();
    else this.#timer ??= setTimeout(() => this.#emptyInPause(), PAUSE_MS);
  }

  #emptyInPause(): void {
    this.#timer = null;
    const leftMs = this.#discardedAtMs + PAUSE_MS - performance.now();
    if (leftMs <= 0) this.#empty();
    else this.#timer = setTimeout(() => this.#emptyInPause(), leftMs);
  }

  #empty(): void {
    const trash = this.#trash;
    this.#trash = null;
    this.#trashCount = 0;
    this.#trashBytes = 0;
    if (trash !== null) this.#remove(trash);
  }

  /** One after another, off this thread. */
  #remove(path: string): void {
    this.#removing = this.#removing.then(async () => {
      try {
        await Deno.remove(path, { recursive: true });
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return;
        this.#log.warn("cannot remove", { path, error: messageOf(error) });
      }
    });
  }
}
