/** Below this much free space on the tasks' disk no new work is begun. */
export const WANTED_FREE_BYTES = 2 * 2 ** 30;
/** With less than this, what a task wrote last may be cut off. */
const FULL_BYTES = 2 ** 20;
/** Free space is read again after this long, */
const FRESH_MS = 1000;
/** or after this where there is so little of it that a task could fill it within {@linkcode FRESH_MS}. */
const SHORT_FRESH_MS = 50;
const LITTLE_BYTES = 16 * 2 ** 30;

/** Watches the free space of the tasks' disk. */
export class DiskGuard {
  readonly #read: () => number | null;
  readonly #wantedBytes: () => number;
  #readAtMs = -Infinity;
  #freeBytes: number | null = null;

  /** `read` answers the free bytes; null, or an error, where they cannot be told. */
  constructor(read: () => number | null, wantedBytes: () => number = () => WANTED_FREE_BYTES) {
    this.#read = read;
    this.#wantedBytes = wantedBytes;
  }

  /** Why no work is begun, in words; null if there is room. Reads at most once a second, more often near the limit. */
  get refusing(): string | null {
    if (performance.now() - this.#readAtMs >= (this.#isLittle ? SHORT_FRESH_MS : FRESH_MS)) this.look();
    return this.#isLow
      ? `disk nearly full: ${gib(this.#freeBytes ?? 0)} free, ${gib(this.#wantedBytes())} wanted`
      : null;
  }

  /** Reads now: something failed that a full disk explains. */
  look(): void {
    this.#readAtMs = performance.now();
    try {
      this.#freeBytes = this.#read();
    } catch {
      this.#freeBytes = null;
    }
  }

  /** Whether what was just written may be cut off. Reads anew unless there is plenty of space. */
  isFull(): boolean {
    if (this.refusing === null && !this.#isLittle) return false;
    this.look();
    return this.#freeBytes !== null && this.#freeBytes < FULL_BYTES;
  }

  get #isLittle(): boolean {
    return this.#freeBytes !== null && this.#freeBytes < LITTLE_BYTES;
  }

  get #isLow(): boolean {
    return this.#freeBytes !== null && this.#freeBytes < this.#wantedBytes();
  }
}

function gib(bytes: number): string {
  return `${Number((bytes / 2 ** 30).toFixed(1))} GiB`;
}
