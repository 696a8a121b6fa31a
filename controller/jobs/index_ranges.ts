/** Indexes from `from` to `to`, both included. */
export interface IndexRange {
  readonly from: number;
  readonly to: number;
}

/** A set of task indexes as ranges: a hundred thousand pending tasks cost two numbers. Lowest first. */
export class IndexRanges {
  /** Descending and apart, so that the lowest is taken off the end. */
  readonly #ranges: IndexRange[];
  #size: number;

  /** `ascending`: ranges that do not overlap. */
  constructor(ascending: readonly IndexRange[] = []) {
    this.#ranges = ascending.toReversed();
    this.#size = ascending.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  }

  /** How many indexes it holds. */
  get size(): number {
    return this.#size;
  }

  /** The lowest `count` indexes, or all if there are fewer. */
  first(count: number): IndexRange[] {
    const found: IndexRange[] = [];
    let rest = count;
    for (let at = this.#ranges.length - 1; at >= 0 && rest > 0; at--) {
      const { from, to } = this.#ranges[at]!;
      const last = Math.min(to, from + rest - 1);
      found.push({ from, to: last });
      rest -= last - from + 1;
    }
    return found;
  }

  has(index: number): boolean {
    const range = this.#ranges[this.#at(index)];
    return range !== undefined && range.from <= index && index <= range.to;
  }

  /** Adding one that is there changes nothing. */
  add(index: number): void {
    if (this.has(index)) return;
    const at = this.#at(index);
    const lower = this.#ranges[at];
    const higher = this.#ranges[at - 1];
    const from = lower?.to === index - 1 ? lower.from : index;
    const to = higher?.from === index + 1 ? higher.to : index;
    const start = to === index ? at : at - 1;
    const removed = (to === index ? 0 : 1) + (from === index ? 0 : 1);
    this.#ranges.splice(start, removed, { from, to });
    this.#size++;
  }

  /** Taking out one that is not there changes nothing. */
  remove(index: number): void {
    if (!this.has(index)) return;
    const at = this.#at(index);
    const { from, to } = this.#ranges[at]!;
    const parts: IndexRange[] = [];
    if (index < to) parts.push({ from: index + 1, to });
    if (from < index) parts.push({ from, to: index - 1 });
    this.#ranges.splice(at, 1, ...parts);
    this.#size--;
  }

  /** Takes out the lowest `count` indexes. */
  removeFirst(count: number): void {
    let rest = Math.min(count, this.#size);
    this.#size -= rest;
    while (rest > 0) {
      const { from, to } = this.#ranges.pop()!;
      const taken = Math.min(rest, to - from + 1);
      rest -= taken;
      if (from + taken <= to) this.#ranges.push({ from: from + taken, to });
    }
  }

  /** Where the first range that begins at or below `index` stands. */
  #at(index: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle]!.from > index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
