import type { ResultRow, ResultRows, ResultStrip, RowFilter } from "../ipc/generated";
import type { ResultsBackend } from "../ipc/results";
import { Latest } from "../lib/latest";
import { PAGE_ROWS } from "../lib/pages";

/** What it asks of the back end. */
export type RowCalls = Pick<ResultsBackend, "resultNextFailed" | "resultRow" | "resultRows" | "resultStrip">;

const KEEP_PAGES = 10;
const STRIP_PARTS = 240;
const AGAIN_MS = 250;
/** Among rows that are searched, the next failed one is looked for in so many pages. */
const LOOK_PAGES = 50;

/** The rows of one result as the window sees them: a few pages of those that match. */
export class ResultRowsState {
  filter = $state<RowFilter>("all");
  text = $state("");
  /** How many match; `exact`: no more will be found. */
  matched = $state(0);
  exact = $state(false);
  /** The most that ever matched: a list that is searched does not become shorter on the screen. */
  most = $state(0);
  /** A first page has come. */
  loaded = $state(false);
  /** Another filter is being tried: what is here is still of the one before. */
  searching = $state(false);
  /** Rises whenever a row that is here may be another. */
  version = $state(0);
  /** The place of the chosen row among those that match. */
  active = $state<number | null>(null);
  strip = $state.raw<ResultStrip | null>(null);
  /** The row that is open, with its whole line. */
  opened = $state.raw<{ row: ResultRow; line: string | null } | null>(null);
  /** Rises when the list is to be looked at from its top. */
  jumps = $state(0);

  readonly id: number;
  readonly #backend: RowCalls;
  readonly #failed: (thrown: unknown) => void;
  #pages = new Map<number, readonly ResultRow[]>();
  #asked = new Set<number>();
  #token = 0;
  #looking = new Latest();
  #range: [number, number] = [0, 30];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(backend: RowCalls, id: number, failed: (thrown: unknown) => void) {
    this.#backend = backend;
    this.id = id;
    this.#failed = failed;
  }

  /** All rows of the file, in order. */
  get whole(): boolean {
    return this.filter === "all" && this.text === "";
  }

  at(index: number): ResultRow | undefined {
    void this.version;
    return this.#pages.get(Math.floor(index / PAGE_ROWS))?.[index % PAGE_ROWS];
  }

  get chosen(): ResultRow | undefined {
    return this.active === null ? undefined : this.at(this.active);
  }

  /** Reads the rows, and where failed ones are. */
  load(): Promise<void> {
    return Promise.all([this.#again(), this.#readStrip()]).then(() => undefined);
  }

  show(filter: RowFilter, text = this.text): Promise<void> {
    if (filter === this.filter && text === this.text) return Promise.resolve();
    this.filter = filter;
    this.text = text;
    this.active = null;
    this.searching = true;
    this.#range = [0, 30];
    this.jumps++;
    return this.#again();
  }

  /** More was read, or other requests are known: what is in sight is read again, not more often than it can be seen. */
  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.load();
    }, AGAIN_MS);
  }

  async #again(): Promise<void> {
    const token = ++this.#token;
    this.#asked.clear();
    const page = Math.floor(this.#range[0] / PAGE_ROWS);
    const got = await this.#read(page, token);
    if (!got || token !== this.#token) return;
    this.#pages = new Map([[page, got.rows]]);
    this.loaded = true;
    this.searching = false;
    this.version++;
  }

  async #read(page: number, token: number): Promise<ResultRows | null> {
    this.#asked.add(page);
    try {
      const got = await this.#backend.resultRows(this.id, this.filter, this.text, page * PAGE_ROWS, PAGE_ROWS);
      if (token !== this.#token) return null;
      this.matched = got.matched;
      this.most = Math.max(this.most, got.matched);
      this.exact = got.exact;
      return got;
    } catch (thrown) {
      if (token === this.#token) {
        this.searching = false;
        this.#failed(thrown);
      }
      return null;
    } finally {
      if (token === this.#token) this.#asked.delete(page);
    }
  }

  async #readStrip(): Promise<void> {
    try {
      this.strip = await this.#backend.resultStrip(this.id, STRIP_PARTS);
    } catch {
      // It is a help alone: the rows say what is wrong.
      this.strip = null;
    }
  }

  /** Asks for what is in sight; of what is asked for meanwhile the last counts. */
  look = (first: number, last: number): Promise<void> => this.#looking.run(() => this.need(first, last));

  async need(first: number, last: number): Promise<void> {
    this.#range = [first, last];
    const token = this.#token;
    for (let page = Math.floor(first / PAGE_ROWS); page * PAGE_ROWS < Math.min(last, this.matched); page++) {
      const has = this.#pages.get(page)?.length ?? 0;
      const upTo = Math.min(PAGE_ROWS, this.matched - page * PAGE_ROWS);
      if (has >= upTo || this.#asked.has(page)) continue;
      const got = await this.#read(page, token);
      if (!got) return;
      this.#pages.set(page, got.rows);
      this.#trim(page);
      this.version++;
    }
  }

  #trim(around: number): void {
    const far = [...this.#pages.keys()].sort((a, b) => Math.abs(b - around) - Math.abs(a - around));
    for (const page of far.slice(0, Math.max(0, this.#pages.size - KEEP_PAGES))) this.#pages.delete(page);
  }

  /** Chooses a row by its place, fetching it when it is not here. */
  async choose(index: number): Promise<ResultRow | undefined> {
    if (this.matched === 0) return undefined;
    const at = Math.min(Math.max(index, 0), this.matched - 1);
    this.active = at;
    if (!this.at(at)) await this.need(at, at + 1);
    return this.at(at);
  }

  /** Goes to the next failed or missing row, or to the one before; false where there is none. */
  async nextFailed(back: boolean): Promise<boolean> {
    const from = this.active === null ? (back ? this.matched - 1 : 0) : this.active + (back ? -1 : 1);
    if (from < 0 || from >= this.matched) return false;
    if (this.filter === "failed" || this.filter === "missing") return this.#go(from);
    if (!this.whole) return this.#nextAmong(from, back);
    try {
      const found = await this.#backend.resultNextFailed(this.id, from, back);
      return found !== null && this.#go(found);
    } catch (thrown) {
      this.#failed(thrown);
      return false;
    }
  }

  async #go(index: number): Promise<boolean> {
    return (await this.choose(index)) !== undefined;
  }

  async #nextAmong(from: number, back: boolean): Promise<boolean> {
    const least = from - LOOK_PAGES * PAGE_ROWS;
    const most = from + LOOK_PAGES * PAGE_ROWS;
    for (let at = from; at >= Math.max(0, least) && at < Math.min(this.matched, most); at += back ? -1 : 1) {
      if (!this.at(at)) await this.need(at, at + 1);
      const row = this.at(at);
      if (!row) return false;
      if (row.state !== "good") return this.#go(at);
    }
    return false;
  }

  /** Goes to the first failed or missing row of a part of the strip, in the whole file. */
  async jump(share: number): Promise<void> {
    await this.show("all", "");
    const from = Math.min(this.matched - 1, Math.max(0, Math.floor(share * this.matched)));
    try {
      const found = await this.#backend.resultNextFailed(this.id, from, false);
      await this.choose(found ?? from);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  /** Opens a row: its whole line is read. */
  async open(row: ResultRow | undefined = this.chosen): Promise<void> {
    if (!row) return;
    const opened = (this.opened = { row, line: null });
    try {
      const line = await this.#backend.resultRow(this.id, row.number);
      if (this.opened === opened) this.opened = { row, line };
    } catch (thrown) {
      if (this.opened !== opened) return;
      this.opened = null;
      this.#failed(thrown);
    }
  }
}
