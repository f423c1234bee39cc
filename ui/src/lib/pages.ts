import type { Row } from "../ipc/generated";

/** The back end gives at most this many rows a call. */
export const PAGE_ROWS = 200;

/**
 * The few pages of rows that the window keeps, by ordinal (the newest has the highest). Ordinals are stable while rows
 * arrive, so a page that is here stays right; what falls out is asked for again.
 */
export class RowPages {
  readonly #pages = new Map<number, (Row | undefined)[]>();
  readonly #ordinals = new Map<number, number>();
  readonly #keep: number;

  constructor(keep = 10) {
    this.#keep = keep;
  }

  get size(): number {
    return this.#ordinals.size;
  }

  get(ordinal: number): Row | undefined {
    return this.#pages.get(Math.floor(ordinal / PAGE_ROWS))?.[ordinal % PAGE_ROWS];
  }

  ordinalOf(id: number): number | undefined {
    return this.#ordinals.get(id);
  }

  byId(id: number): Row | undefined {
    const ordinal = this.#ordinals.get(id);
    return ordinal === undefined ? undefined : this.get(ordinal);
  }

  put(start: number, rows: readonly Row[]): void {
    rows.forEach((row, i) => {
      const ordinal = start + i;
      const page = Math.floor(ordinal / PAGE_ROWS);
      let slots = this.#pages.get(page);
      if (!slots) this.#pages.set(page, (slots = new Array<Row | undefined>(PAGE_ROWS).fill(undefined)));
      const before = slots[ordinal % PAGE_ROWS];
      if (before && before.id !== row.id) this.#ordinals.delete(before.id);
      slots[ordinal % PAGE_ROWS] = row;
      this.#ordinals.set(row.id, ordinal);
    });
  }

  /** Replaces a row in place; false when it is not kept. */
  update(row: Row): boolean {
    const ordinal = this.#ordinals.get(row.id);
    if (ordinal === undefined) return false;
    const slots = this.#pages.get(Math.floor(ordinal / PAGE_ROWS));
    if (slots) slots[ordinal % PAGE_ROWS] = row;
    return slots !== undefined;
  }

  /** Pages to ask for so that every ordinal of [from, to) is here that lies in [first, end). */
  missing(from: number, to: number, first: number, end: number): { start: number; count: number }[] {
    const last = Math.min(to, end);
    const requests: { start: number; count: number }[] = [];
    const begin = Math.max(from, first);
    for (let page = Math.floor(begin / PAGE_ROWS); page * PAGE_ROWS < last; page++) {
      const slots = this.#pages.get(page);
      const upTo = Math.min(last, (page + 1) * PAGE_ROWS);
      for (let ordinal = Math.max(begin, page * PAGE_ROWS); ordinal < upTo; ordinal++) {
        if (slots?.[ordinal % PAGE_ROWS]) continue;
        const start = Math.max(first, page * PAGE_ROWS);
        requests.push({ start, count: Math.min((page + 1) * PAGE_ROWS, end) - start });
        break;
      }
    }
    return requests;
  }

  /** Forgets the pages farthest from `ordinal` until no more than the kept number remain. */
  trim(ordinal: number): void {
    if (this.#pages.size <= this.#keep) return;
    const centre = ordinal / PAGE_ROWS - 0.5;
    const byDistance = [...this.#pages.keys()].sort((a, b) => Math.abs(b - centre) - Math.abs(a - centre));
    for (const page of byDistance.slice(0, this.#pages.size - this.#keep)) {
      for (const row of this.#pages.get(page) ?? []) if (row) this.#ordinals.delete(row.id);
      this.#pages.delete(page);
    }
  }

  clear(): void {
    this.#pages.clear();
    this.#ordinals.clear();
  }
}
