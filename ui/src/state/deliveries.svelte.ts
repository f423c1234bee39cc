import type { Backend, Filter, IpcError, Live, Row, ViewOpened } from "../ipc";
import { asIpcError } from "../lib/errors";
import { cleared, NO_FILTER, sameFilter } from "../lib/filter";
import { PageReader, type PageCalls } from "./page-reader";
import { Seen } from "./seen.svelte";

/** What it asks of the back end. */
type DeliveriesCalls = Pick<Backend, "viewFind" | "viewOpen"> & PageCalls;

/**
 * `ordinal` is -1 where it does not stand in this list, or its place is not known yet; `absent`: it is known not to be
 * in it.
 */
export type Active = { id: number; ordinal: number; absent?: boolean };

/** Between two reopenings that we ask for ourselves. */
const REOPEN_MS = 400;

/**
 * The list as the window sees it. The back end owns the filtered, ordered view; here are a few pages of it.
 *
 * Ordinal 0 is the oldest match. The screen shows the newest on top: visual index = shown - 1 - ordinal. While
 * following, `shown` is all that match; once the reader has moved, `shown` stands still, and so does everything on the
 * screen, however many rows arrive. Only while the list is shorter than the screen, rows go on coming in: there is room
 * for them.
 */
export class Deliveries {
  filter = $state.raw<Filter>(NO_FILTER);
  matched = $state(0);
  total = $state(0);
  tookUs = $state(0);
  /** The first page has come. */
  loaded = $state(false);
  /** Another filter is being tried: what is here is still of the one before. */
  searching = $state(false);
  /** The view could not be opened. */
  error = $state.raw<IpcError | null>(null);
  shown = $state(0);
  following = $state(true);
  active = $state.raw<Active | null>(null);
  /** Rises whenever a kept row may have changed. */
  version = $state(0);
  /** Rises when the list should go back to its top. */
  jumps = $state(0);
  readonly seen = new Seen();
  unseen = $derived(this.matched - this.shown);
  /** Rows that are here, of all that match: never more than a few pages. */
  get kept(): number {
    return this.#reader.pages.size;
  }

  /** Names the opened list for the back end. */
  get view(): number | null {
    return this.#view;
  }

  #view: number | null = null;
  /** The filter of the view that is here. */
  #of: Filter | null = null;
  /** How many rows the screen has room for. */
  #room = 0;
  #opening: { token: number; buffer: Live[] } | null = null;
  #token = 0;
  #lastId = 0;
  #reopenTimer: ReturnType<typeof setTimeout> | null = null;
  readonly #reader: PageReader;
  readonly #backend: DeliveriesCalls;
  readonly #onError: (thrown: unknown) => void;

  constructor(backend: DeliveriesCalls, onError: (thrown: unknown) => void) {
    this.#backend = backend;
    this.#reader = new PageReader(backend);
    this.#onError = onError;
  }

  /** Opens the view for the filter; an answer that is no longer wanted is dropped. */
  async open(filter: Filter = this.filter, keepPlace = false): Promise<void> {
    const opening = { token: ++this.#token, buffer: [] as Live[] };
    this.#opening = opening;
    this.filter = filter;
    this.searching = this.#of !== null && !sameFilter(filter, this.#of);
    let opened: ViewOpened;
    try {
      opened = await this.#backend.viewOpen(filter);
    } catch (thrown) {
      if (this.#opening === opening) {
        this.#opening = null;
        this.searching = false;
        this.error = asIpcError(thrown);
        this.#onError(this.error);
      }
      return;
    }
    if (this.#opening !== opening) return;
    this.#opening = null;
    this.#of = filter;
    this.#adopt(opened, keepPlace);
    for (const message of opening.buffer) this.apply(message);
    await this.#locateActive();
  }

  #adopt(opened: ViewOpened, keepPlace: boolean): void {
    this.#view = opened.view;
    this.#reader.begin(opened.matched - opened.rows.length, opened.rows);
    this.#lastId = opened.rows.at(-1)?.id ?? 0;
    this.seen.note(opened.rows);
    this.matched = opened.matched;
    this.total = opened.total;
    this.tookUs = opened.took_us;
    if (keepPlace && !this.following) {
      this.shown = Math.min(this.shown, opened.matched);
      this.#fill();
    } else {
      this.shown = opened.matched;
      this.following = true;
      this.jumps++;
    }
    // Where the chosen one stands now is asked for next; until then nothing is said of it.
    if (this.active?.absent) this.active = { id: this.active.id, ordinal: -1 };
    this.loaded = true;
    this.searching = false;
    this.error = null;
    this.version++;
  }

  /** After another filter the chosen delivery may stand elsewhere, or nowhere. */
  async #locateActive(): Promise<void> {
    const active = this.active;
    const view = this.#view;
    if (!active || view === null) return;
    try {
      const ordinal = this.#reader.pages.ordinalOf(active.id) ?? (await this.#backend.viewFind(view, active.id));
      if (view !== this.#view || this.active?.id !== active.id) return;
      this.active = { id: active.id, ordinal: ordinal ?? -1, absent: ordinal === null && !this.#opening };
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
    else if (message.kind === "changed" && this.#reader.update(message.rows)) this.version++;
    else if (message.kind === "resync" && message.view === this.#view && !this.#opening)
      void this.open(this.filter, true);
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
    this.seen.note(added);
    if (this.following) this.shown = this.matched;
    else this.#fill();
    // What the reader does not see is only counted: `need` asks for it once it is to be looked at.
    const seen = added.slice(0, Math.max(0, this.shown - first));
    if (seen.length === 0) return;
    this.#reader.pages.put(first, seen);
    this.seen.tint(seen);
    this.#reader.pages.trim(this.shown - 1);
    this.version++;
  }

  /** While the list is shorter than the screen nothing is held back: there is room for it. */
  #fill(): void {
    this.shown = Math.max(this.shown, Math.min(this.matched, this.#room));
  }

  /** Says how many whole rows the screen has room for. */
  setRoom(rows: number): void {
    this.#room = rows;
    this.#fill();
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
    return this.#reader.pages.get(this.shown - 1 - index);
  }

  /** The row of a delivery, if it is here. */
  rowOf(id: number): Row | undefined {
    void this.version;
    return this.#reader.pages.byId(id);
  }

  /** Asks for what the visual range [first, last) lacks. */
  async need(first: number, last: number): Promise<void> {
    const view = this.#view;
    // While a view is being opened the back end no longer knows the one before.
    if (view === null || this.#opening) return;
    const from = Math.max(0, this.shown - last);
    const to = Math.max(0, this.shown - first);
    const live = () => view === this.#view;
    const got = (rows: readonly Row[]) => {
      this.seen.note(rows);
      this.version++;
    };
    await this.#reader.read(view, from, to, this.matched, live, got).catch((thrown: unknown) => {
      if (live() && !this.#opening) this.#onError(thrown);
    });
  }

  /** The reader has moved: from now on nothing shifts that fills the screen. */
  hold(): void {
    this.following = false;
  }

  follow(): void {
    this.following = true;
    this.shown = this.matched;
    this.jumps++;
    this.#reader.pages.trim(this.matched - 1);
    this.version++;
  }

  /** Visual index of the chosen row, or -1 when it is not in this view. */
  get activeIndex(): number {
    const active = this.active;
    return active === null || active.ordinal < 0 || active.ordinal >= this.shown ? -1 : this.shown - 1 - active.ordinal;
  }

  /** True when the filter is known to leave out the chosen delivery. */
  get leavesOut(): boolean {
    return this.active?.absent === true && !this.searching && this.error === null;
  }

  /** Chooses the row at a visual index, fetching it when it is not here. */
  async choose(index: number): Promise<Row | undefined> {
    this.hold();
    return this.#choose(index);
  }

  /** Chooses the newest, and follows again: it stays the chosen one when others come. */
  async chooseNewest(): Promise<Row | undefined> {
    this.follow();
    return this.#choose(0);
  }

  async #choose(index: number): Promise<Row | undefined> {
    if (this.shown === 0) return undefined;
    const at = Math.min(Math.max(index, 0), this.shown - 1);
    // Rows may come in while it is fetched: its ordinal stays.
    const ordinal = this.shown - 1 - at;
    if (!this.#reader.pages.get(ordinal)) await this.need(at, at + 1);
    const row = this.#reader.pages.get(ordinal);
    if (row) this.active = { id: row.id, ordinal };
    return row;
  }

  /** Chooses a delivery by id, wherever it stands; false when this view does not hold it. */
  async chooseId(id: number): Promise<boolean> {
    const view = this.#view;
    if (view === null) return false;
    // Where it could not be asked for, nothing is known.
    const ordinal = this.#reader.pages.ordinalOf(id) ?? (await this.#backend.viewFind(view, id).catch(() => undefined));
    if (ordinal === undefined || ordinal === null || view !== this.#view) {
      this.active = { id, ordinal: -1, absent: ordinal === null && view === this.#view && !this.#opening };
      if (view !== this.#view) void this.#locateActive();
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
    const ordinal = this.#reader.pages.ordinalOf(id);
    this.active = { id, ordinal: ordinal ?? -1 };
    if (ordinal === undefined) void this.#locateActive();
  }
}
