/** One timer a name: asking again while it runs changes nothing. */
export class NamedTimers {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #isClosed = false;

  later(name: string, ms: number, act: () => void): void {
    if (this.#timers.has(name) || this.#isClosed) return;
    const run = () => {
      this.#timers.delete(name);
      act();
    };
    this.#timers.set(name, setTimeout(run, ms));
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}
