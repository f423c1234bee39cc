import { untrack } from "svelte";
import { finding, type Found } from "../../lib/json-find";
import { inSlices } from "../../lib/slices";

/** What is looked for in a tree, the places where it was found, and the one that is looked at. */
export class JsonFind {
  /** What is looked for. */
  sought = $state("");
  /** Places that are known by now. */
  count = $state(0);
  /** All of them are known. */
  done = $state(true);
  /** There are more than are told apart. */
  more = $state(false);
  /** The one that is looked at, -1: none. */
  at = $state(-1);
  #found: Found[] = [];
  #gone = new AbortController();
  readonly #go: (found: Found) => void;

  /** `go`: brings a place into sight. */
  constructor(go: (found: Found) => void) {
    this.#go = go;
  }

  get current(): Found | null {
    return this.#found[this.at] ?? null;
  }

  /** How many of the places before the present one stand in the same text, from `start` on. */
  before(start: number): number {
    let before = 0;
    while ((this.#found[this.at - 1 - before]?.offset ?? -1) >= start) before++;
    return before;
  }

  /** Looks for another text. The first place is shown as soon as it is known. */
  look(text: string, sought: string): void {
    this.#gone.abort();
    const { signal } = (this.#gone = new AbortController());
    this.sought = sought;
    this.#found = [];
    this.count = 0;
    this.at = -1;
    this.more = false;
    this.done = sought === "";
    if (this.done) return;
    const found = this.#found;
    const told = () => {
      this.count = found.length;
      if (this.at < 0 && found.length > 0) this.go(0);
    };
    void untrack(() => inSlices(finding(text, sought, found), { signal, told })).then((all) => {
      if (signal.aborted) return;
      this.done = true;
      this.more = all === false;
      told();
    });
  }

  go(at: number): void {
    this.at = at;
    const { current } = this;
    if (current) this.#go(current);
  }

  next(): void {
    if (this.count > 0) this.go(this.at + 1 < this.count ? this.at + 1 : this.done ? 0 : this.at);
  }

  previous(): void {
    if (this.count > 0) this.go(this.at > 0 ? this.at - 1 : this.done ? this.count - 1 : 0);
  }

  destroy(): void {
    this.#gone.abort();
  }
}
