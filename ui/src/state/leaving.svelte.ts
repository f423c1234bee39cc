import { asIpcError, isUnconfirmed } from "../lib/errors";
import type { Targets } from "./targets.svelte";

/** What became of it: done, or the user did not want deliveries to leave this machine. */
export type Sent<T> = { done: true; value: T } | { done: false };

/** Asks once for each address that is not on this machine, before anything is sent there. */
export class Leaving {
  /** The address that is being asked about. */
  asked = $state.raw<string | null>(null);
  readonly #targets: Targets;
  #answer: ((yes: boolean) => void) | null = null;

  constructor(targets: Targets) {
    this.#targets = targets;
  }

  /**
   * Does the work; where it was refused because an address was never agreed to, asks, and does it again. Throws
   * whatever else went wrong.
   */
  async run<T>(work: () => Promise<T>): Promise<Sent<T>> {
    for (;;) {
      try {
        const value = await work();
        // What was used is remembered, and stands among the suggestions from now on.
        void this.#targets.load();
        return { done: true, value };
      } catch (thrown) {
        const error = asIpcError(thrown);
        const { detail } = error;
        if (!isUnconfirmed(error) || detail === null) throw thrown;
        if (!(await this.#ask(detail))) return { done: false };
        await this.#targets.confirm(detail);
      }
    }
  }

  answer(yes: boolean): void {
    const answer = this.#answer;
    this.#answer = null;
    this.asked = null;
    answer?.(yes);
  }

  #ask(url: string): Promise<boolean> {
    // One question at a time: an earlier one that was left is a no.
    this.answer(false);
    this.asked = url;
    return new Promise((resolve) => (this.#answer = resolve));
  }
}
