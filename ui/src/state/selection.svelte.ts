import type { Backend } from "../ipc";
import { PAGE_ROWS } from "../lib/pages";
import { LIMITS } from "../lib/replay";
import type { Deliveries } from "./deliveries.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type SelectionCalls = Pick<Backend, "viewRows">;

const NONE: ReadonlySet<number> = new Set();

/**
 * Deliveries that are marked in the list, besides the one that is chosen. They are kept by id, a flat set that is
 * replaced at each change, and belong to the query they were marked under: another query shows another list, with
 * nothing marked.
 */
export class Selection {
  /** Ids are being fetched: a range or all of them. */
  reading = $state(false);
  #ids = $state.raw<ReadonlySet<number>>(NONE);
  #under = $state<string | null>(null);
  /** Where a range starts. */
  #anchor: number | null = null;
  /** What was marked when the range began: extending it back unmarks what it had taken. */
  #before: ReadonlySet<number> = NONE;
  #token = 0;

  readonly #backend: SelectionCalls;
  readonly #toasts: Toasts;
  readonly #list: Deliveries;

  constructor(backend: SelectionCalls, toasts: Toasts, list: Deliveries) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#list = list;
  }

  get ids(): ReadonlySet<number> {
    return this.#under === this.#list.query ? this.#ids : NONE;
  }

  get size(): number {
    return this.ids.size;
  }

  /** As they arrived: the order in which they are sent. */
  get inOrder(): number[] {
    return [...this.ids].sort((a, b) => a - b);
  }

  #set(ids: ReadonlySet<number>): void {
    this.#under = this.#list.query;
    this.#ids = ids;
  }

  clear(): void {
    this.#token++;
    this.reading = false;
    this.#anchor = null;
    this.#ids = NONE;
  }

  toggle(id: number, ordinal: number): void {
    const next = new Set(this.ids);
    if (!next.delete(id)) next.add(id);
    this.#token++;
    this.#set(next);
    this.#anchor = ordinal;
    this.#before = next;
  }

  /** Marks from where the range starts to `ordinal`; `from`: where it starts when nothing was marked before. */
  async extend(from: number, ordinal: number): Promise<void> {
    if (this.#anchor === null || this.ids.size === 0) {
      this.#anchor = from;
      this.#before = this.ids;
    }
    const [first, last] = [Math.min(this.#anchor, ordinal), Math.max(this.#anchor, ordinal)];
    const ids = await this.#idsOf(first, last + 1);
    if (ids) this.#set(new Set([...this.#before, ...ids]));
  }

  /** All that match, or the newest 10,000 of them. */
  async all(): Promise<void> {
    const { end, matched } = this.#list;
    const first = Math.max(this.#list.first, end - LIMITS.deliveries);
    const ids = await this.#idsOf(first, end);
    if (!ids) return;
    this.#set(new Set(ids));
    this.#anchor = null;
    if (ids.length < matched)
      this.#toasts.show("warning", "The newest 10,000 are marked: more cannot be sent in one go.");
  }

  /**
   * Ids of the ordinals [first, last), at most 10,000; null where the list became another one, or it was asked for
   * something else meanwhile.
   */
  async #idsOf(first: number, last: number): Promise<number[] | null> {
    const view = this.#list.view;
    const token = ++this.#token;
    const query = this.#list.query;
    if (view === null) return null;
    this.reading = last - first > PAGE_ROWS;
    try {
      const ids: number[] = [];
      for (let at = Math.max(first, last - LIMITS.deliveries); at < last; at += PAGE_ROWS) {
        const rows = await this.#backend.viewRows(view, at, Math.min(PAGE_ROWS, last - at));
        if (token !== this.#token || query !== this.#list.query) return null;
        for (const row of rows) ids.push(row.id);
      }
      return ids;
    } catch (thrown) {
      if (token === this.#token) this.#toasts.failed(thrown);
      return null;
    } finally {
      if (token === this.#token) this.reading = false;
    }
  }
}
