/** Does one thing at a time: of what is asked for meanwhile only the last is done, the others are no longer wanted. */
export class Latest {
  #busy = false;
  #next: (() => Promise<void>) | null = null;

  /** Resolves when nothing more is to be done, or at once when something is under way. */
  async run(task: () => Promise<void>): Promise<void> {
    this.#next = task;
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#next) {
        const task: () => Promise<void> = this.#next;
        this.#next = null;
        await task();
      }
    } finally {
      this.#busy = false;
    }
  }
}
