import type { Backend } from "../ipc";
import { asIpcError } from "../lib/errors";

/** What became of it: done, or the user did not want deliveries to leave this machine. */
export type Sent<T> = { done: true; value: T } | { done: false };

/** Asks once for each address that is not on this machine, before anything is sent there. */
export class Leaving {
  /** The address that is being asked about. */
  asked = $state.raw<string | null>(null);
  readonly #backend: Pick<Backend, "targetConfirm">;
  /** Called when something was sent: the address is remembered from now on. */
  readonly #used: () => void;
  #answer: ((yes: boolean) => void) | null = null;

  constructor(backend: Pick<Backend, "targetConfirm">, used = () => {}) {
    this.#backend = backend;
    this.#used = used;
  }

  /** Does the work; where it was refused because an address was never agreed to, asks, and does it again. Throws whatever else went wrong. */
  async run<T>(work: () => Promise<T>): Promise<Sent<T>> {
    for (;;) {
      try {
        const value = await work();
        this.#used();
        return { done: true, value };
      } catch (thrown) {
        const { code, detail } = asIpcError(thrown);
        if (code !== "confirm_target" || detail === null) throw thrown;
        if (!(await this.#ask(detail))) return { done: false };
        await this.#backend.targetConfirm(detail);
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
