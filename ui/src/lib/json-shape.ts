/** Shorter ones are read again faster than they are found. */
const LONG = 512;
/** Farther in nothing is noted: a hostile nesting must not take more room than its text. */
const DEEPEST = 200;

/** `count`: members of a container; 0 for a string. */
export type Shaped = { end: number; count: number };

/**
 * Where the long values of a JSON text end, noted while it is checked: whoever shows a part of a text steps over them,
 * and reads no megabytes again with every click.
 */
export class JsonShape {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #counts: number[] = [];
  /** What is open: where it stands in the lists, -1 for what is too deep. */
  readonly #open: number[] = [];
  #depth = 0;

  /** A value begins in the container that was opened last. */
  value(): void {
    const slot = this.#depth <= DEEPEST ? this.#open.at(-1) : undefined;
    if (slot !== undefined) this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  string(start: number, end: number): void {
    if (end - start < LONG || this.#depth > DEEPEST) return;
    this.#starts.push(start);
    this.#ends.push(end);
    this.#counts.push(0);
  }

  open(start: number): void {
    if (++this.#depth > DEEPEST) return;
    this.#open.push(this.#starts.length);
    this.#starts.push(start);
    this.#ends.push(start);
    this.#counts.push(0);
  }

  close(end: number): void {
    if (this.#depth-- > DEEPEST) return;
    const slot = this.#open.pop() ?? 0;
    this.#ends[slot] = end;
    if (end - (this.#starts[slot] ?? 0) >= LONG) return;
    // Nothing in it is long either, so it is the last of the lists.
    this.#starts.pop();
    this.#ends.pop();
    this.#counts.pop();
  }

  /** What is known of a value that begins here: null where it is short. */
  at(start: number): Shaped | null {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= start) low = middle;
      else high = middle - 1;
    }
    if (this.#starts[low] !== start) return null;
    return { end: this.#ends[low] ?? 0, count: this.#counts[low] ?? 0 };
  }
}
