import type { Backend, Filter, IpcError, Live, Row, ViewOpened } from "../ipc";
import { asIpcError } from "../lib/errors";
import { cleared, NO_FILTER, sameFilter } from "../lib/filter";
import { RowPages } from "../lib/pages";

export type Active = { id: number; ordinal: number };

const TINT_MS = 1100;
const MOST_TINTED = 60;
/** Between two reopenings that we ask for ourselves. */
const REOPEN_MS = 400;

/**
 * The list as the window sees it. The back end owns the filtered, ordered view; here are a few pages of it.
 *
 * Ordinal 0 is the oldest match. The screen shows the newest on top: visual index = shown - 1 - ordinal. While following, `shown` is
 * all that match; once the reader has moved, `shown` stands still, and so does everything on the screen, however many rows arrive.
 */
export class Deliveries {
  filter = $state.raw<Filter>(NO_FILTER);
  matched = $state(0);
  total = $state(0);
  tookUs = $state(0);
  /** The first page has come. */
  loaded = $state(false);
  /** The view could not be opened. */
  error = $state.raw<IpcError | null>(null);
  shown = $state(0);
  following = $state(true);
  active = $state.raw<Active | null>(null);
  /** Rises whenever a kept row may have changed. */
  version = $state(0);
  /** Event types seen in rows, for the menu of types. */
  seenTypes = $state.raw<readonly string[]>([]);
  /** Rises when the list should go back to its top. */
  jumps = $state(0);
  unseen = $derived(this.matched - this.shown);
  /** Rows that are here, of all that match: never more than a few pages. */
  get kept(): number {
    return this.#pages.size;
  }

  /** Names the opened list for the back end. */
  get view(): number | null {
    return this.#view;
  }

  #view: number | null = null;
  #opening: { token: number; buffer: Live[] } | null = null;
  #token = 0;
  #lastId = 0;
  #reopenTimer: ReturnType<typeof setTimeout> | null = null;
  readonly #pages = new RowPages();
  readonly #asked = new Set<number>();
  /** Rows that changed while pages are under way: a page read before must not undo them. */
  readonly #changedMeanwhile = new Map<number, Row>();
  readonly #fresh = new Set<number>();
  readonly #byMessage = new Map<string, number>();
  readonly #backend: Backend;
  readonly #onError: (thrown: unknown) => void;

  constructor(backend: Backend, onError: (thrown: unknown) => void) {
    this.#backend = backend;
    this.#onError = onError;
  }

  /** Opens the view for the filter; an answer that is no longer wanted is dropped. */
  async open(filter: Filter = this.filter, keepPlace = false): Promise<void> {
    const opening = { token: ++this.#token, buffer: [] as Live[] };
    this.#opening = opening;
    this.filter = filter;
    let opened: ViewOpened;
    try {
      opened = await this.#backend.viewOpen(filter);
    } catch (thrown) {
      if (this.#opening === opening) {
        this.#opening = null;
        this.error = asIpcError(thrown);
        this.#onError(this.error);
      }
      return;
    }
    if (this.#opening !== opening) return;
    this.#opening = null;
    this.#adopt(opened, keepPlace);
    for (const message of opening.buffer) this.apply(message);
    await this.#locateActive();
  }

  #adopt(opened: ViewOpened, keepPlace: boolean): void {
    this.#view = opened.view;
    this.#pages.clear();
    this.#asked.clear();
    this.#changedMeanwhile.clear();
    this.#pages.put(opened.matched - opened.rows.length, opened.rows);
    this.#lastId = opened.rows.at(-1)?.id ?? 0;
    this.#note(opened.rows);
    this.matched = opened.matched;
    this.total = opened.total;
    this.tookUs = opened.took_us;
    if (keepPlace && !this.following) {
      this.shown = Math.min(this.shown, opened.matched);
    } else {
      this.shown = opened.matched;
      this.following = true;
      this.jumps++;
    }
    this.loaded = true;
    this.error = null;
    this.version++;
  }

  /** After another filter the chosen delivery may stand elsewhere, or nowhere. */
  async #locateActive(): Promise<void> {
    const active = this.active;
    const view = this.#view;
    if (!active || view === null) return;
    try {
      const ordinal = this.#pages.ordinalOf(active.id) ?? (await this.#backend.viewFind(view, active.id));
      if (view !== this.#view || this.active?.id !== active.id) return;
      this.active = { id: active.id, ordinal: ordinal ?? -1 };
    } catch (thrown) {
      this.#onError(thrown);
    }
  }

  setFilter(filter: Filter): void {
    if (!sameFilter(filter, this.filter)) void this.open(filter);
  }

  clearFilter(): void {
    this.setFilter(cleared(this.filter));
  }

  /** Takes one live message. While a view is being opened, messages wait for it. */
  apply(message: Live): void {
    if (this.#opening && (message.kind === "rows" || message.kind === "resync" || message.kind === "changed")) {
      this.#opening.buffer.push(message);
    }
    if (message.kind === "rows") this.#applyRows(message);
    else if (message.kind === "changed") this.#applyChanged(message.rows);
    else if (message.kind === "resync" && message.view === this.#view && !this.#opening) void this.open(this.filter, true);
  }

  #applyRows(message: Extract<Live, { kind: "rows" }>): void {
    if (message.view !== this.#view) return;
    // Ids rise with arrival: what the snapshot held already is left out here.
    const added = message.added.filter((row) => row.id > this.#lastId);
    this.total = Math.max(this.total, message.total);
    if (added.length === 0 && message.matched <= this.matched) return;
    // The back end's count must come out: if it does not, read again rather than show a hole or a row too many.
    if (message.matched !== this.matched + added.length) return this.#reopenSoon();
    const first = this.matched;
    this.#lastId = added.at(-1)?.id ?? this.#lastId;
    this.matched += added.length;
    this.#note(added);
    // While the reader holds they are only counted: `need` asks for those that come to be looked at.
    if (!this.following) return;
    this.#pages.put(first, added);
    this.shown = this.matched;
    this.#tint(added);
    this.#pages.trim(this.matched - 1);
    this.version++;
  }

  #applyChanged(rows: readonly Row[]): void {
    let any = false;
    for (const row of rows) {
      if (this.#asked.size > 0) this.#changedMeanwhile.set(row.id, row);
      any = this.#pages.update(row) || any;
    }
    if (any) this.version++;
  }

  #reopenSoon(): void {
    this.#reopenTimer ??= setTimeout(() => {
      this.#reopenTimer = null;
      void this.open(this.filter, true);
    }, REOPEN_MS);
  }

  /** The row at a visual index (0 = top), if it is here. */
  rowAt(index: number): Row | undefined {
    void this.version;
    return this.#pages.get(this.shown - 1 - index);
  }

  /** Asks for what the visual range [first, last) lacks. */
  async need(first: number, last: number): Promise<void> {
    const view = this.#view;
    // While a view is being opened the back end no longer knows the one before.
    if (view === null || this.#opening) return;
    const from = Math.max(0, this.shown - last);
    const to = Math.max(0, this.shown - first);
    const wanted = this.#pages.missing(from, to, this.matched).filter((page) => !this.#asked.has(page.start));
    await Promise.all(
      wanted.map(async ({ start, count }) => {
        this.#asked.add(start);
        try {
          const rows = await this.#backend.viewRows(view, start, count);
          if (view !== this.#view) return;
          this.#pages.put(start, rows.map((row) => this.#changedMeanwhile.get(row.id) ?? row));
          this.#note(rows);
          this.#pages.trim((from + to) / 2);
          this.version++;
        } catch (thrown) {
          if (view === this.#view && !this.#opening) this.#onError(thrown);
        } finally {
          if (view === this.#view) this.#asked.delete(start);
          if (this.#asked.size === 0) this.#changedMeanwhile.clear();
        }
      }),
    );
  }

  /** The reader has moved: from now on nothing shifts. */
  hold(): void {
    this.following = false;
  }

  follow(): void {
    this.following = true;
    this.shown = this.matched;
    this.jumps++;
    this.#pages.trim(this.matched - 1);
    this.version++;
  }

  /** Visual index of the chosen row, or -1 when it is not in this view. */
  get activeIndex(): number {
    const active = this.active;
    return active === null || active.ordinal < 0 || active.ordinal >= this.shown ? -1 : this.shown - 1 - active.ordinal;
  }

  /** Chooses the row at a visual index, fetching it when it is not here. */
  async choose(index: number): Promise<Row | undefined> {
    if (this.shown === 0) return undefined;
    const at = Math.min(Math.max(index, 0), this.shown - 1);
    this.hold();
    if (!this.rowAt(at)) await this.need(at, at + 1);
    const row = this.rowAt(at);
    if (row) this.active = { id: row.id, ordinal: this.shown - 1 - at };
    return row;
  }

  /** Chooses a delivery by id, wherever it stands; false when this view does not hold it. */
  async chooseId(id: number): Promise<boolean> {
    const view = this.#view;
    if (view === null) return false;
    const ordinal = this.#pages.ordinalOf(id) ?? (await this.#backend.viewFind(view, id).catch(() => null));
    if (ordinal === null || view !== this.#view) {
      this.active = { id, ordinal: -1 };
      return false;
    }
    this.hold();
    if (ordinal >= this.shown) this.shown = this.matched;
    this.active = { id, ordinal };
    this.version++;
    return true;
  }

  /** Chooses a row that has come and goes on as before; where it is not kept, its place is asked for. */
  point(id: number): void {
    const ordinal = this.#pages.ordinalOf(id);
    this.active = { id, ordinal: ordinal ?? -1 };
    if (ordinal === undefined) void this.#locateActive();
  }

  /** The newest delivery with this message id, if it came by lately. */
  idOfMessage(messageId: string): number | undefined {
    return this.#byMessage.get(messageId);
  }

  isFresh(id: number): boolean {
    return this.#fresh.has(id);
  }

  #tint(rows: readonly Row[]): void {
    const ids = rows.slice(-MOST_TINTED).map((row) => row.id);
    for (const id of ids) this.#fresh.add(id);
    setTimeout(() => ids.forEach((id) => this.#fresh.delete(id)), TINT_MS);
  }

  #note(rows: readonly Row[]): void {
    const types = new Set(this.seenTypes);
    for (const row of rows) {
      if (row.event_type !== null && types.size < 200) types.add(row.event_type);
      if (row.message_id !== null) {
        this.#byMessage.delete(row.message_id);
        this.#byMessage.set(row.message_id, row.id);
      }
    }
    if (types.size !== this.seenTypes.length) this.seenTypes = [...types].sort();
    for (const key of this.#byMessage.keys()) {
      if (this.#byMessage.size <= 1000) break;
      this.#byMessage.delete(key);
    }
  }
}
