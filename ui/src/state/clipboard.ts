import type { Backend } from "../ipc";
import type { Toasts } from "./toasts.svelte";

/** The way to the clipboard. */
export class Clipboard {
  readonly #backend: Pick<Backend, "copyText">;
  readonly #toasts: Toasts;

  constructor(backend: Pick<Backend, "copyText">, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
  }

  /** True when it is on the clipboard; what went wrong is told. */
  async copy(text: string, what: string): Promise<boolean> {
    try {
      await this.#backend.copyText(text);
      this.#toasts.info(`${what} copied.`);
      return true;
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return false;
    }
  }
}
