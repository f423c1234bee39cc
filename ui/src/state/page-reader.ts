import type { Backend, Row } from "../ipc";
import { RowPages } from "../lib/pages";

/** What it asks of the back end. */
export type PageCalls = Pick<Backend, "viewRows">;

/** Fetches the pages of the open view that are looked at, each once, and keeps a few of them. */
export class PageReader {
  readonly pages = new RowPages();
  readonly #asked = new Set<number>();
  /** Rows that changed while pages are under way: a page read before must not undo them. */
  readonly #changedMeanwhile = new Map<number, Row>();
  readonly #backend: PageCalls;

  constructor(backend: PageCalls) {
    this.#backend = backend;
  }

  /** Another view: begins with its newest rows. */
  begin(start: number, rows: readonly Row[]): void {
    this.pages.clear();
    this.#asked.clear();
    this.#changedMeanwhile.clear();
    this.pages.put(start, rows);
  }

  /** True when a row that is kept has changed. */
  update(rows: readonly Row[]): boolean {
    let any = false;
    for (const row of rows) {
      if (this.#asked.size > 0) this.#changedMeanwhile.set(row.id, row);
      any = this.pages.update(row) || any;
    }
    return any;
  }

  /**
   * Reads what the ordinals [from, to) of a view lack, whose matches are [first, end). `live` says whether that view is
   * still the open one.
   */
  async read(
    view: number,
    { from, to, first, end }: { from: number; to: number; first: number; end: number },
    live: () => boolean,
    got: (rows: readonly Row[]) => void,
  ): Promise<void> {
    const wanted = this.pages.missing(from, to, first, end).filter((page) => !this.#asked.has(page.start));
    await Promise.all(
      wanted.map(async ({ start, count }) => {
        this.#asked.add(start);
        try {
          const rows = await this.#backend.viewRows(view, start, count);
          if (!live()) return;
          this.pages.put(
            start,
            rows.map((row) => this.#changedMeanwhile.get(row.id) ?? row),
          );
          this.pages.trim((from + to) / 2);
          got(rows);
        } finally {
          if (live()) this.#asked.delete(start);
          if (this.#asked.size === 0) this.#changedMeanwhile.clear();
        }
      }),
    );
  }
}
