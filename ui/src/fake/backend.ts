import type { AppState, Backend, DropEvent, IpcError, ListenerState, Live, Row, SampleRequest, Settings } from "../ipc";
import { fakeState } from "./catalog";
import { FakeDesktop } from "./desktop";
import { fakeAttempts, fakeBody, fakeDetail, withTries } from "./detail";
import { matchesQuery, readQuery, type Asked } from "./query";
import { refused } from "./refused";
import { row as makeRow } from "./rows";
import { fakeHistogram, fakeHits, fakeValues, nothingOf } from "./search";
import { FakeTurnedAway } from "./turned-away";

const PAGE = 200;
const OVERFLOW = 2000;

/**
 * A back end in memory, with the rules of the real one: one view, ordinals that do not move, live messages once a
 * frame, "resync" on overflow. For tests, and for the window in a plain browser.
 */
export class FakeBackend extends FakeDesktop implements Backend {
  state: AppState = fakeState();
  rows: Row[] = [];
  copied: string[] = [];
  /** Calls that were made, for tests. */
  calls: string[] = [];
  /** When set, the named command rejects with it. */
  failures = new Map<keyof Backend, IpcError>();
  readonly turned = new FakeTurnedAway();
  /** The ordinal of a view's oldest match. */
  base = 0;
  /** A view opens with this many of the newest; `countOn` finds the others. */
  atOnce = Infinity;
  #view: { number: number; query: string; ids: number[]; known: number } | null = null;
  #nextView = 1;
  #sink: ((message: Live) => void) | null = null;
  #pending: Row[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Deliveries arrive. They are told at the next frame. */
  arrive(...rows: Row[]): void {
    this.rows.push(...rows);
    this.#pending.push(...rows);
    this.handled(rows);
    this.#timer ??= setTimeout(() => this.flush(), 16);
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const arrived = this.#pending;
    this.#pending = [];
    const view = this.#view;
    if (!view || arrived.length === 0) return;
    const newest = view.ids.at(-1) ?? 0;
    const added = arrived.filter((row) => row.id > newest && this.matches(view.query, row)).map(withTries);
    for (const row of added) view.ids.push(row.id);
    view.known += added.length;
    const { number, known: matched } = view;
    const first = this.base + view.ids.length - matched;
    if (added.length > OVERFLOW) this.tell({ kind: "resync", view: number });
    else this.tell({ kind: "rows", view: number, added, first, matched, total: this.rows.length });
    this.tellCounts();
  }

  tell(message: Live): void {
    this.#sink?.(structuredClone(message));
  }

  /** The counts are another. */
  tellCounts(): void {
    this.tell({ kind: "counts", counts: this.#counts() });
  }

  resync(): void {
    if (this.#view) this.tell({ kind: "resync", view: this.#view.number });
    this.tellCounts();
  }

  change(row: Row): void {
    const at = this.rows.findIndex((r) => r.id === row.id);
    if (at >= 0) this.rows[at] = row;
    this.tell({ kind: "changed", rows: [row] });
  }

  protected async answer<T>(command: keyof Backend, value: () => T): Promise<T> {
    this.calls.push(command);
    // Like the real one, the work is done when the call comes, and the answer travels.
    const failure = this.failures.get(command) ?? this.notStarted(command);
    const result = failure ? null : value();
    await (this.delay ? new Promise((resolve) => setTimeout(resolve, this.delay)) : Promise.resolve());
    if (failure) throw failure;
    return structuredClone(result) as T;
  }

  #counts() {
    return {
      ...this.state.counts,
      turned_away: this.turned.total,
      total: this.rows.length,
      kept_bytes: this.rows.length * 2100,
      per_minute: this.rows.length ? 18 : 0,
    };
  }

  appState = () =>
    this.answer("appState", () => ({
      ...this.state,
      counts: this.#counts(),
      alarms: this.state.projects.map((one) => this.alarms(one.id)),
    }));

  live = (onMessage: (message: Live) => void) =>
    this.answer("live", () => {
      this.#sink = onMessage;
    });

  protected matches(query: string, row: Row): boolean {
    return matchesQuery(query, this.#asked, row);
  }

  readonly #asked = (row: Row): Asked => {
    const project = this.state.projects.find((one) => one.id === row.project)?.name ?? "";
    return {
      row,
      project,
      body: () => new TextDecoder().decode(fakeBody(row)),
      headers: () => fakeDetail(row, [], fakeBody(row)).headers.map(({ name, value }) => [name, value] as const),
    };
  };

  viewOpen = (query: string) =>
    this.answer("viewOpen", () => {
      const read = readQuery(query);
      const [problem] = read.problems;
      if (problem) throw refused("query_invalid", problem.message);
      const found = this.rows.filter((row) => this.matches(query, row));
      const known = Math.min(this.atOnce, found.length);
      this.#view = { number: this.#nextView++, query, ids: found.map((row) => row.id), known };
      return {
        view: this.#view.number,
        first: this.base + found.length - known,
        matched: known,
        exact: known === found.length,
        total: this.rows.length,
        took_us: 600 + found.length / 20,
        rows: found.slice(-Math.min(PAGE, known)).map((row) => this.#hit(query, row)),
        query: read,
        nothing: nothingOf(query, found.length, (rest) => this.#count(rest)),
        explained: { blocks_read: 6, blocks: 15_625 },
      };
    });

  /** The older matches of the view are found. */
  countOn(): void {
    const view = this.#view;
    if (!view) return;
    view.known = view.ids.length;
    const explained = { blocks_read: 120, blocks: 15_625 };
    const { number, known: matched } = view;
    const nothing = nothingOf(view.query, matched, (rest) => this.#count(rest));
    this.tell({
      kind: "counted",
      view: number,
      first: this.base,
      matched,
      exact: true,
      took_us: 38_000,
      explained,
      nothing,
    });
  }

  /** Deliveries are gone: by hand, or because there is no more room. */
  remove(...ids: number[]): void {
    this.rows = this.rows.filter((row) => !ids.includes(row.id));
    const view = this.#view;
    if (!view) return;
    const gone = view.ids.filter((id) => ids.includes(id)).length;
    view.ids = view.ids.filter((id) => !ids.includes(id));
    view.known -= gone;
    this.tell({ kind: "removed", view: view.number, first: this.base, matched: view.known });
  }

  #count(query: string): number {
    return this.rows.filter((row) => this.matches(query, row)).length;
  }

  #hit(query: string, row: Row): Row {
    return { ...withTries(row), hit: fakeHits(query, this.#asked(row)).find((hit) => hit.place === "body") ?? null };
  }

  viewRows = (view: number, start: number, count: number) =>
    this.answer("viewRows", () => {
      const open = this.#opened(view);
      const from = start - this.base;
      return open.ids
        .slice(from, from + Math.min(count, PAGE))
        .flatMap((id) => this.#row(id) ?? [])
        .map((row) => this.#hit(open.query, row));
    });

  #opened(view: number) {
    if (this.#view?.number !== view) throw refused("not_found", "This view is no longer there.");
    return this.#view;
  }

  #hits(view: number): Row[] {
    const open = this.#opened(view);
    return open.ids.slice(-open.known).flatMap((id) => this.#row(id) ?? []);
  }

  viewFind = (view: number, id: number) =>
    this.answer("viewFind", () => {
      const at = this.#view?.number === view ? this.#view.ids.indexOf(id) : -1;
      return at < 0 || this.#view === null || at < this.#view.ids.length - this.#view.known ? null : this.base + at;
    });

  viewHistogram = (view: number, buckets: number) =>
    this.answer("viewHistogram", () => {
      const open = this.#opened(view);
      return fakeHistogram(this.#hits(view), buckets, open.known === open.ids.length);
    });

  viewValues = (view: number, field: string, limit: number) =>
    this.answer("viewValues", () => fakeValues(this.#hits(view), field, limit));

  querySuggest = (text: string, cursor: number) =>
    this.answer("querySuggest", () =>
      this.searching.suggest(text, cursor, this.#view ? this.#hits(this.#view.number) : [], (one) => this.#count(one)),
    );

  queryCounts = (queries: string[]) =>
    this.answer("queryCounts", (): (number | null)[] => queries.map((query) => this.#count(query)));

  deliveryHits = (id: number, query: string) =>
    this.answer("deliveryHits", () => {
      const row = this.#row(id);
      return row ? fakeHits(query, this.#asked(row)) : [];
    });

  delivery = (id: number) =>
    this.answer("delivery", () => {
      const row = this.#row(id);
      if (!row) throw refused("not_found", "This delivery is no longer there.");
      return fakeDetail(row, fakeAttempts(row), fakeBody(row), this.noted.get(id));
    });

  deliveryBody = (id: number, _decoded: boolean) =>
    this.answer("deliveryBody", () => {
      const row = this.#row(id);
      return (row ? fakeBody(row) : new Uint8Array()).slice().buffer;
    });

  sampleSend = (request: SampleRequest) =>
    this.answer("sampleSend", () => {
      const id = (this.rows.at(-1)?.id ?? 0) + 1;
      const broken = this.state.broken_kinds.find((kind) => kind.id === request.broken);
      const row = makeRow(id, Date.now(), {
        outcome: broken ? "rejected" : "verified",
        event_type: request.event_type,
        scheme: request.scheme,
        sandbox: true,
        project: 3,
        pointer: "files/sample-1",
        reason: broken?.reason ?? "verified",
        cause: broken ? "no match" : "",
        status: broken ? 401 : 200,
      });
      this.arrive(row);
      return { message_id: row.message_id ?? "", status: row.status, took_us: 2100 };
    });

  settingsSet = (settings: Settings) =>
    this.answer("settingsSet", () => {
      const before = this.state.settings.tunnel;
      this.state.settings = structuredClone(settings);
      this.tunnelFollows(before);
      return settings;
    });

  listenerStart = (port: number | null) =>
    this.answer("listenerStart", () => {
      const used = port ?? 40_123;
      const listener: ListenerState = { state: "listening", address: `http://127.0.0.1:${used}/`, port: used };
      this.state.listener = listener;
      return listener;
    });

  turnedAway = (limit: number) => this.answer("turnedAway", () => this.turned.view(limit));

  /** What is done when something is dropped on the window, for tests. */
  drop: (event: DropEvent) => void = () => undefined;
  dropped = (onDrop: (event: DropEvent) => void) => this.answer("dropped", () => void (this.drop = onDrop));

  copyText = (text: string) => this.answer("copyText", () => void this.copied.push(text));

  #row(id: number): Row | undefined {
    const at = this.rows[id - 1];
    return at?.id === id ? at : this.rows.find((row) => row.id === id);
  }
}
