import { cutAfter, cutBefore } from "./graphemes";
import type { Work } from "./slices";

/**
 * The rows of a long text, over the bytes of its UTF-8: a row is a line, or a part of one that is longer than there are
 * columns. So one line of five megabytes is many short rows, and only those in sight are ever decoded.
 */

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;

/** Bytes that are looked at without a stop. A row is not halved: a piece ends up to one row later. */
export const PIECE = 8 * 1024;
/** Of so many rows the first is noted; the others are found from there. */
const STRIDE = 64;
/** Bytes around a cut in which a character may be halved: more than any emoji has. */
const REACH = 128;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const isRest = (byte: number) => (byte & 0xc0) === 0x80;

/** How wide the character that begins here may become when it is drawn, in columns. */
function width(bytes: Uint8Array, at: number, lead: number): number {
  if (lead < 0x80) {
    if (lead >= 0x20 && lead < 0x7f) return 1;
    if (lead === TAB) return 4;
    if (lead === CR) return bytes[at + 1] === LF ? 0 : 3;
    // It shows as a mark: `U+0007`.
    return 7;
  }
  const next = bytes[at + 1] ?? 0;
  if (lead === 0xc2) return next < 0xa0 || next === 0xad ? 7 : 1;
  if (lead < 0xe1) return 1;
  if (lead === 0xe2) {
    const last = bytes[at + 2] ?? 0;
    const marked = next === 0x80 ? (last >= 0x8b && last < 0x90) || last >= 0xa8 : next === 0x81 && last >= 0xa0;
    return marked ? 7 : 1;
  }
  if (lead < 0xf3) return lead >= 0xf0 || lead >= 0xe3 ? 2 : 1;
  return lead === 0xf3 ? 8 : 2;
}

/** How many bytes follow a first one, at most. */
function restOf(lead: number): number {
  if (lead < 0xc0 || lead >= 0xf8) return 0;
  return lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
}

/** Where the row ends that begins at `start`: behind the end of its line, or behind the last character that fits. */
export function rowEnd(bytes: Uint8Array, start: number, columns: number): number {
  let used = 0;
  let rest = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x20 && byte < 0x7f) {
      rest = 0;
      used++;
    } else if (byte === LF) {
      return at + 1;
    } else if (rest > 0 && isRest(byte)) {
      rest--;
      continue;
    } else {
      rest = restOf(byte);
      used += isRest(byte) ? 1 : width(bytes, at, byte);
    }
    if (used > columns && at > start) return whole(bytes, start, at);
  }
  return bytes.length;
}

/** The last place up to `at` where what one sees as a character is not halved; behind it where it is the first one. */
function whole(bytes: Uint8Array, start: number, at: number): number {
  const [before, after] = [bytes[at - 1] ?? 0, bytes[at] ?? 0];
  if (before < 0x80 && after < 0x80) return at;
  // Two ideographs: what most rows of Chinese and Japanese end between.
  if (after >= 0xe4 && after <= 0xe9 && (bytes[at - 3] ?? 0) >= 0xe3 && (bytes[at - 3] ?? 0) <= 0xe9) return at;
  let from = Math.max(start, at - REACH);
  while (from < at && isRest(bytes[from] ?? 0)) from++;
  const head = decoder.decode(bytes.subarray(from, at));
  const text = head + decoder.decode(bytes.subarray(at, at + REACH));
  let back = at;
  for (let left = [...head.slice(cutBefore(text, head.length))].length; left > 0 && back > start; back--)
    if (!isRest(bytes[back - 1] ?? 0)) left--;
  if (back > start && back < at) return back;
  const end = cutAfter(text, head.length);
  // It goes on beyond what is looked at: it is cut somewhere.
  if (end === text.length && at + REACH < bytes.length) return at;
  let to = at;
  for (let left = [...text.slice(head.length, end)].length; left > 0 && to < bytes.length; left--)
    for (to++; isRest(bytes[to] ?? 0);) to++;
  return to;
}

/** A row: which bytes it has, the end of its line with them. */
export type ByteRow = { start: number; end: number };

/** Where the rows of a text begin. It knows more of them the longer it was built. */
export class RowIndex {
  readonly bytes: Uint8Array;
  readonly columns: number;
  /** Rows that are known. */
  count = 0;
  /** Bytes that these are. */
  covered = 0;
  readonly #marks: number[] = [];

  constructor(bytes: Uint8Array, columns: number) {
    this.bytes = bytes;
    this.columns = Math.max(8, columns);
  }

  get done(): boolean {
    return this.covered === this.bytes.length;
  }

  *build(): Work<void> {
    while (!this.done) {
      const from = this.covered;
      while (!this.done && this.covered - from < PIECE) this.#add();
      yield this.covered - from;
    }
  }

  #add(): void {
    if (this.count % STRIDE === 0) this.#marks.push(this.covered);
    this.covered = rowEnd(this.bytes, this.covered, this.columns);
    this.count++;
  }

  /** Rows from `first` up to, but without, `last`. */
  rows(first: number, last: number): ByteRow[] {
    const found: ByteRow[] = [];
    const end = Math.min(last, this.count);
    if (first < 0 || first >= end) return found;
    let start = this.#marks[Math.floor(first / STRIDE)] ?? 0;
    for (let row = first - (first % STRIDE); row < end; row++) {
      const next = rowEnd(this.bytes, start, this.columns);
      if (row >= first) found.push({ start, end: next });
      start = next;
    }
    return found;
  }

  /** The row that has a byte; the last one that is known where it comes later. */
  rowOf(byte: number): number {
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#marks[middle] ?? 0) <= byte) low = middle;
      else high = middle - 1;
    }
    let row = low * STRIDE;
    let start = this.#marks[low] ?? 0;
    for (; row < this.count - 1; row++) {
      start = rowEnd(this.bytes, start, this.columns);
      if (start > byte) break;
    }
    return Math.max(0, Math.min(row, this.count - 1));
  }

  /** Its text, the end of its line with it. */
  text({ start, end }: ByteRow): string {
    return decoder.decode(this.bytes.subarray(start, end));
  }
}
