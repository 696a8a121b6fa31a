/** Below this much free space on the tasks' disk no new work is begun. */
export const WANTED_FREE_BYTES = 2 * 2 ** 30;
/** With less than this, what a task wrote last may be cut off. */
const FULL_BYTES = 2 ** 20;
/** Free space is read again after this long. */
const FRESH_MS = 1000;

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

  /** Why no work is begun, in words; null if there is room. Reads at most once a second. */
  get refusing(): string | null {
    const nowMs = performance.now();
    if (nowMs - this.#readAtMs >= FRESH_MS) this.#look(nowMs);
    return this.#isLow
      ? `disk nearly full: ${gib(this.#freeBytes ?? 0)} free, ${gib(this.#wantedBytes())} wanted`
      : null;
  }

  /** Whether what was just written may be cut off. Reads anew only while space is low. */
  isFull(): boolean {
    if (this.refusing === null) return false;
    this.#look(performance.now());
    return this.#freeBytes !== null && this.#freeBytes < FULL_BYTES;
  }

  get #isLow(): boolean {
    return this.#freeBytes !== null && this.#freeBytes < this.#wantedBytes();
  }

  #look(nowMs: number): void {
    this.#readAtMs = nowMs;
    try {
      this.#freeBytes = this.#read();
    } catch {
      this.#freeBytes = null;
    }
  }
}

function gib(bytes: number): string {
  return `${Number((bytes / 2 ** 30).toFixed(1))} GiB`;
}
