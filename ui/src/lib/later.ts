/** Does something once, when nobody has asked for it for a while. */
export class Later {
  #timer: ReturnType<typeof setTimeout> | null = null;
  readonly #ms: number;
  readonly #act: () => void;

  constructor(ms: number, act: () => void) {
    this.#ms = ms;
    this.#act = act;
  }

  soon(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#act();
    }, this.#ms);
  }
}
