import type { AppState, Backend, Filter, IpcError, ListenerState, Live, Row, SampleRequest, Settings } from "../ipc";
import { fakeState } from "./catalog";
import { fakeBody, fakeDetail } from "./detail";
import { matches } from "./matches";
import { refused } from "./refused";
import { row as makeRow } from "./rows";
import { FakeSandbox } from "./sandbox";
import { FakeTurnedAway } from "./turned-away";

const PAGE = 200;
const OVERFLOW = 2000;

/**
 * A back end in memory, with the rules of the real one: one view, ordinals from the oldest, live messages once a frame,
 * "resync" on overflow. For tests, and for the window in a plain browser.
 */
export class FakeBackend extends FakeSandbox implements Backend {
  state: AppState = fakeState();
  rows: Row[] = [];
  copied: string[] = [];
  /** Calls that were made, for tests. */
  calls: string[] = [];
  /** When set, the named command rejects with it. */
  failures = new Map<keyof Backend, IpcError>();
  readonly turned = new FakeTurnedAway();
  #view: { number: number; filter: Filter; ids: number[] } | null = null;
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
    const added = arrived.filter((row) => row.id > newest && matches(view.filter, row));
    for (const row of added) view.ids.push(row.id);
    if (added.length > OVERFLOW) this.tell({ kind: "resync", view: view.number });
    else this.tell({ kind: "rows", view: view.number, added, matched: view.ids.length, total: this.rows.length });
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

  viewOpen = (filter: Filter) =>
    this.answer("viewOpen", () => {
      const found = this.rows.filter((row) => matches(filter, row));
      this.#view = { number: this.#nextView++, filter, ids: found.map((row) => row.id) };
      return {
        view: this.#view.number,
        matched: found.length,
        total: this.rows.length,
        took_us: 600 + found.length / 20,
        rows: found.slice(-PAGE),
      };
    });

  viewRows = (view: number, start: number, count: number) =>
    this.answer("viewRows", () => {
      if (this.#view?.number !== view) throw refused("not_found", "This view is no longer there.");
      return this.#view.ids.slice(start, start + Math.min(count, PAGE)).flatMap((id) => this.#row(id) ?? []);
    });

  viewFind = (view: number, id: number) =>
    this.answer("viewFind", () => {
      const at = this.#view?.number === view ? this.#view.ids.indexOf(id) : -1;
      return at < 0 ? null : at;
    });

  delivery = (id: number) =>
    this.answer("delivery", () => {
      const row = this.#row(id);
      if (!row) throw refused("not_found", "This delivery is no longer there.");
      return fakeDetail(row, this.#attempts(row), fakeBody(row));
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

  copyText = (text: string) => this.answer("copyText", () => void this.copied.push(text));

  #row(id: number): Row | undefined {
    const at = this.rows[id - 1];
    return at?.id === id ? at : this.rows.find((row) => row.id === id);
  }

  #attempts(row: Row): Row[] {
    return Array.from({ length: row.attempts }, (_, i) =>
      i === row.attempts - 1
        ? row
        : {
            ...row,
            id: row.id - (row.attempts - 1 - i) * 12,
            attempt: i + 1,
            received_ms: row.received_ms - (row.attempts - 1 - i) ** 2 * 290_000,
            outcome: "rejected" as const,
            cause: "no match",
            status: 401,
            duplicate: false,
          },
    );
  }
}
