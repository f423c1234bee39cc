import type { Backend, Explained, IpcError, Live, Nothing, QueryRead, Row, ViewOpened } from "../ipc";
import { asIpcError } from "../lib/errors";
import { Latest } from "../lib/latest";
import { projectIn, withProject } from "../lib/query-text";
import { ListPlace } from "./list-place.svelte";
import { PageReader, type PageCalls } from "./page-reader";
import { Seen } from "./seen.svelte";

/** What it asks of the back end. */
type DeliveriesCalls = Pick<Backend, "viewFind" | "viewOpen"> & PageCalls;

/** Between two reopenings that we ask for ourselves. */
const REOPEN_MS = 400;

/** What is told of a view: it waits while one is being opened. */
const OF_A_VIEW: readonly Live["kind"][] = ["rows", "resync", "changed", "counted", "removed"];

/** The list as the window sees it. The back end owns the searched, ordered view; here are a few pages of it. */
export class Deliveries extends ListPlace {
  /** What the list is asked for. */
  query = $state("");
  /** The query of what is here: another one may be tried. */
  of = $state<string | null>(null);
  /** How that query was read. */
  read = $state.raw<QueryRead | null>(null);
  /** The part of the query that removes everything, where nothing matches. */
  nothing = $state.raw<Nothing | null>(null);
  /** What the search cost. */
  explained = $state.raw<Explained | null>(null);
  total = $state(0);
  tookUs = $state(0);
  /** The first page has come. */
  loaded = $state(false);
  /** Another query is being tried: what is here is still of the one before. */
  searching = $state(false);
  /** The view could not be opened. */
  error = $state.raw<IpcError | null>(null);
  /** Rises whenever a kept row may have changed. */
  version = $state(0);
  readonly seen = new Seen();
  /** Told of every other query, whoever asks for it. */
  onquery: (query: string) => void = () => undefined;
  /** Rows that are here, of all that match: never more than a few pages. */
  get kept(): number {
    return this.#reader.pages.size;
  }

  /** Names the opened list for the back end. */
  get view(): number | null {
    return this.#view;
  }

  #view = $state<number | null>(null);
  #opening: { token: number; buffer: Live[] } | null = null;
  #token = 0;
  #lastId = 0;
  #looking = new Latest();
  #reopenTimer: ReturnType<typeof setTimeout> | null = null;
  readonly #reader: PageReader;
  readonly #backend: DeliveriesCalls;
  readonly #onError: (thrown: unknown) => void;

  constructor(backend: DeliveriesCalls, onError: (thrown: unknown) => void) {
    super();
    this.#backend = backend;
    this.#reader = new PageReader(backend);
    this.#onError = onError;
  }

  /** Opens the view for the query; an answer that is no longer wanted is dropped. */
  async open(query: string = this.query, keepPlace = false): Promise<void> {
    const opening = { token: ++this.#token, buffer: [] as Live[] };
    this.#opening = opening;
    const other = query !== this.query;
    this.query = query;
    this.searching = this.of !== null && query !== this.of;
    if (other) this.onquery(query);
    let opened: ViewOpened;
    try {
      opened = await this.#backend.viewOpen(query);
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
    this.of = query;
    this.#adopt(opened, keepPlace);
    for (const message of opening.buffer) this.apply(message);
    await this.#locateActive();
  }

  #adopt(opened: ViewOpened, keepPlace: boolean): void {
    this.#view = opened.view;
    this.#looking = new Latest();
    this.#reader.begin(opened.first + opened.matched - opened.rows.length, opened.rows);
    this.#lastId = opened.rows.at(-1)?.id ?? 0;
    this.seen.note(opened.rows);
    this.nothing = opened.nothing;
    this.explained = opened.explained;
    this.read = opened.query;
    this.total = opened.total;
    this.tookUs = opened.took_us;
    this.place(opened, keepPlace);
    // Where the chosen one stands now is asked for next; until then nothing is said of it.
    if (this.active?.absent) this.active = { id: this.active.id, ordinal: -1 };
    this.loaded = true;
    this.searching = false;
    this.error = null;
    this.version++;
  }

  /** After another query the chosen delivery may stand elsewhere, or nowhere. */
  async #locateActive(): Promise<void> {
    const active = this.active;
    const view = this.#view;
    if (!active || view === null) return;
    try {
      const ordinal = this.#reader.pages.ordinalOf(active.id) ?? (await this.#backend.viewFind(view, active.id));
      if (view !== this.#view || this.active?.id !== active.id) return;
      this.active = { id: active.id, ordinal: ordinal ?? -1, absent: ordinal === null && this.#known };
    } catch (thrown) {
      this.#onError(thrown);
    }
  }

  /** All of the open list is known: what is not found is not in it. */
  get #known(): boolean {
    return this.exact && !this.#opening;
  }

  setQuery(query: string): void {
    if (query !== this.query) void this.open(query);
  }

  /** Drops all of the query but the project. */
  clear(): void {
    this.setQuery(withProject("", projectIn(this.query)));
  }

  /** Takes one live message. While a view is being opened, messages wait for it. */
  apply(message: Live): void {
    if (this.#opening && OF_A_VIEW.includes(message.kind)) this.#opening.buffer.push(message);
    if (message.kind === "rows") this.#applyRows(message);
    else if (message.kind === "changed" && this.#reader.update(message.rows)) this.version++;
    else if (message.kind === "counted") this.#applyCounted(message);
    else if (message.kind === "removed") this.#applyRemoved(message);
    else if (message.kind === "resync" && message.view === this.#view && !this.#opening)
      void this.open(this.query, true);
  }

  /** Older matches were found: they go below. */
  #applyCounted(message: Extract<Live, { kind: "counted" }>): void {
    if (message.view !== this.#view) return;
    this.reach(message.first, message.exact);
    this.tookUs = message.took_us;
    this.explained = message.explained;
    this.nothing = message.nothing;
    if (message.exact && this.active && this.activeIndex < 0) void this.#locateActive();
  }

  /** Some are gone: whatever is here is read again, and the reader stays as far from the newest as before. */
  #applyRemoved(message: Extract<Live, { kind: "removed" }>): void {
    if (message.view !== this.#view) return;
    this.total = Math.max(message.matched, this.total - Math.max(0, this.matched - message.matched));
    this.shrink(message.first, message.matched);
    this.#reader.begin(this.end, []);
    this.version++;
    if (this.active) this.active = { id: this.active.id, ordinal: -1 };
    void this.#locateActive();
  }

  #applyRows(message: Extract<Live, { kind: "rows" }>): void {
    if (message.view !== this.#view) return;
    // Ids rise with arrival: what the snapshot held already is left out here.
    const added = message.added.filter((row) => row.id > this.#lastId);
    this.total = Math.max(this.total, message.total);
    const end = message.first + message.matched;
    if (added.length === 0 && end <= this.end) return;
    // The back end's count must come out: if it does not, read again rather than show a hole or a row too many.
    if (end !== this.end + added.length) return this.#reopenSoon();
    const first = this.end;
    this.#lastId = added.at(-1)?.id ?? this.#lastId;
    this.grow(added.length);
    this.seen.note(added);
    // What the reader does not see is only counted: `need` asks for it once it is to be looked at.
    const seen = added.slice(0, Math.max(0, this.upTo - first));
    if (seen.length === 0) return;
    this.#reader.pages.put(first, seen);
    this.seen.tint(seen);
    this.#reader.pages.trim(this.upTo - 1);
    this.version++;
  }

  #reopenSoon(): void {
    this.#reopenTimer ??= setTimeout(() => {
      this.#reopenTimer = null;
      void this.open(this.query, true);
    }, REOPEN_MS);
  }

  /** The row at a visual index (0 = top), if it is here. */
  rowAt(index: number): Row | undefined {
    void this.version;
    return this.#reader.pages.get(this.upTo - 1 - index);
  }

  /** The row of a delivery, if it is here. */
  rowOf(id: number): Row | undefined {
    void this.version;
    return this.#reader.pages.byId(id);
  }

  /** Asks for what is in sight. Who drags through a million rows sees another range in every frame: the last counts. */
  look = (first: number, last: number): Promise<void> => this.#looking.run(() => this.need(first, last));

  /** Asks for what the visual range [first, last) lacks. */
  async need(first: number, last: number): Promise<void> {
    const view = this.#view;
    // While a view is being opened the back end no longer knows the one before.
    if (view === null || this.#opening) return;
    const from = Math.max(this.first, this.upTo - last);
    const to = Math.max(this.first, this.upTo - first);
    const live = () => view === this.#view;
    const got = (rows: readonly Row[]) => {
      this.seen.note(rows);
      this.version++;
    };
    await this.#reader
      .read(view, { from, to, first: this.first, end: this.end }, live, got)
      .catch((thrown: unknown) => {
        if (live() && !this.#opening) this.#onError(thrown);
      });
  }

  override follow(): void {
    super.follow();
    this.#reader.pages.trim(this.end - 1);
    this.version++;
  }

  /** True when the query is known to leave out the chosen delivery. */
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
    const ordinal = this.upTo - 1 - at;
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
      this.active = { id, ordinal: -1, absent: ordinal === null && view === this.#view && this.#known };
      if (view !== this.#view) void this.#locateActive();
      return false;
    }
    this.hold();
    if (ordinal >= this.upTo) this.upTo = this.end;
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
