/** What one attempt wants of the host. */
export interface Need {
  /** May be a fraction. */
  readonly cpus: number;
  /** Null: nothing reserved. */
  readonly memoryBytes: number | null;
  readonly gpus: number;
}

/** What a host has to give. */
export interface Capacity {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: readonly number[];
}

/** A part of the host, until it is given back. */
export interface Share {
  readonly need: Need;
  /** Indexes of the GPUs it holds. */
  readonly gpus: readonly number[];
}

/** CPUs are counted in thousandths, so that fractions add up exactly. */
const milli = (cpus: number) => Math.round(cpus * 1000);

/** Hands out CPUs (fractions), memory and GPUs of one host. */
export class Resources {
  readonly #capacity: Capacity;
  #milliCpus: number;
  #memoryBytes: number;
  #gpus: number[];

  constructor(capacity: Capacity) {
    this.#capacity = capacity;
    this.#milliCpus = milli(capacity.cpus);
    this.#memoryBytes = capacity.memoryBytes;
    this.#gpus = [...capacity.gpus];
  }

  /** Why the host could never run this, in words; null if it can when it is free. */
  lacks(need: Need): string | null {
    const has = this.#capacity;
    if (milli(need.cpus) > milli(has.cpus)) return `needs ${need.cpus} CPUs, this host has ${has.cpus}`;
    if ((need.memoryBytes ?? 0) > has.memoryBytes) {
      return `needs ${need.memoryBytes} bytes of memory, this host has ${has.memoryBytes}`;
    }
    if (need.gpus > has.gpus.length) return `needs ${need.gpus} GPUs, this host has ${has.gpus.length}`;
    return null;
  }

  /** A share, or null if it does not fit now. */
  take(need: Need): Share | null {
    const fits = milli(need.cpus) <= this.#milliCpus && (need.memoryBytes ?? 0) <= this.#memoryBytes &&
      need.gpus <= this.#gpus.length;
    return fits ? this.force(need, this.#gpus.slice(0, need.gpus)) : null;
  }

  /** The share of an attempt found running: counted even where it does not fit. */
  force(need: Need, gpus: readonly number[]): Share {
    this.#milliCpus -= milli(need.cpus);
    this.#memoryBytes -= need.memoryBytes ?? 0;
    if (gpus.length > 0) this.#gpus = this.#gpus.filter((index) => !gpus.includes(index));
    return { need, gpus };
  }

  give(share: Share): void {
    this.#milliCpus += milli(share.need.cpus);
    this.#memoryBytes += share.need.memoryBytes ?? 0;
    if (share.gpus.length === 0) return;
    const back = share.gpus.filter((index) => this.#capacity.gpus.includes(index));
    this.#gpus = [...new Set([...this.#gpus, ...back])].sort((a, b) => a - b);
  }

  /** Whether a share for the one need holds all that the other asks. */
  static covers(share: Need, need: Need): boolean {
    return milli(share.cpus) === milli(need.cpus) && share.memoryBytes === need.memoryBytes &&
      share.gpus === need.gpus;
  }
}
