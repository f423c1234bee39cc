import type { Toasts } from "./toasts.svelte";

/** Commands under way: one at a time for each thing they act on. What goes wrong is told. */
export class Doing {
  keys = $state.raw<ReadonlySet<string>>(new Set());
  readonly #toasts: Toasts;
  /** Called when one has ended, however. */
  readonly #after: () => void;

  constructor(toasts: Toasts, after: () => void) {
    this.#toasts = toasts;
    this.#after = after;
  }

  /** Null where it failed, or where another one is still under way for this key. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T | null> {
    if (this.keys.has(key)) return null;
    this.keys = new Set(this.keys).add(key);
    try {
      return await work();
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return null;
    } finally {
      const left = new Set(this.keys);
      left.delete(key);
      this.keys = left;
      this.#after();
    }
  }
}
