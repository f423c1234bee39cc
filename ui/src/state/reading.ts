/**
 * Something that is read again when there is news of it: at once where that was long ago, otherwise later; not while
 * the window is hidden, and never twice at a time.
 */
export class Reading {
  #timer: ReturnType<typeof setTimeout> | null = null;
  #began = -Infinity;
  #busy = false;
  #again = false;
  #waits = false;
  readonly #run: () => Promise<void>;
  readonly #every: number;

  constructor(run: () => Promise<void>, every: number) {
    this.#run = run;
    this.#every = every;
  }

  /** There is news. */
  ask(): void {
    if (document.visibilityState === "hidden") {
      this.#waits = true;
      return;
    }
    if (this.#timer !== null) return;
    const left = this.#began + this.#every - Date.now();
    if (left <= 0) void this.now();
    else this.#timer = setTimeout(() => void this.now(), left);
  }

  /** The window is seen again. */
  wake(): void {
    if (!this.#waits) return;
    this.#waits = false;
    this.ask();
  }

  /** Reads it, whenever that was done last. What is asked for meanwhile is one more reading after it. */
  async now(): Promise<void> {
    this.stop();
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      do {
        this.#again = false;
        this.#began = Date.now();
        await this.#run();
      } while (this.#again);
    } finally {
      this.#busy = false;
    }
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
