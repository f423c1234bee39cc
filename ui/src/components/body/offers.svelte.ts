import { SvelteMap, SvelteSet } from "svelte/reactivity";
import { looking, mayDecode, type Decoded } from "../../lib/decode";
import type { JsonLine } from "../../lib/json-lines";
import { scalarText } from "../../lib/json-path";
import { inSlices, type Work } from "../../lib/slices";

/** Of longer ones (characters as they are written) nothing is offered: they are unescaped without a stop. */
const LONGEST = 8 * 1024 * 1024;
/** Shorter ones are nothing besides. */
const SHORTEST = 6;
/** So much of each is looked at before all of it is. */
const HEAD = 200;

/** What the strings of a tree are besides strings, and which of them are opened. By their offsets. */
export class Offers {
  readonly #known = new SvelteMap<number, Decoded>();
  readonly #opened = new SvelteSet<number>();
  readonly #looked = new Set<number>();
  readonly #text: string;
  readonly #gone = new AbortController();
  #waiting: { start: number; end: number }[] = [];
  #busy = false;

  constructor(text: string) {
    this.#text = text;
  }

  of(line: JsonLine): Decoded | null {
    return line.at === "value" && line.value.kind === "string" ? (this.#known.get(line.value.start) ?? null) : null;
  }

  isOpen(line: JsonLine): boolean {
    return line.at === "value" && this.#opened.has(line.value.start);
  }

  toggle(line: JsonLine, open = !this.isOpen(line)): void {
    if (line.at !== "value" || !this.#known.has(line.value.start)) return;
    if (open) this.#opened.add(line.value.start);
    else this.#opened.delete(line.value.start);
  }

  /** Looks at the strings among these lines that were not looked at before, in pieces. */
  look(lines: readonly JsonLine[]): void {
    for (const line of lines) {
      if (line.at !== "value" || line.value.kind !== "string" || this.#looked.has(line.value.start)) continue;
      this.#looked.add(line.value.start);
      this.#waiting.push({ start: line.value.start, end: line.value.end });
    }
    if (!this.#busy && this.#waiting.length > 0) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    await inSlices(this.#each(), { signal: this.#gone.signal });
    this.#busy = false;
    // More may have come just as it ended.
    if (this.#waiting.length > 0 && !this.#gone.signal.aborted) void this.#work();
  }

  *#each(): Work<null> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      for (const { start, end } of batch) {
        yield 0;
        const length = end - start;
        if (length < SHORTEST || length > LONGEST) continue;
        if (!mayDecode(this.#text.slice(start + 1, Math.min(end - 1, start + HEAD)))) continue;
        const decoded = yield* looking(scalarText(this.#text.slice(start, end)));
        if (decoded) this.#known.set(start, decoded);
      }
    }
    return null;
  }

  destroy(): void {
    this.#gone.abort();
  }
}
