import type { Backend, Deletion, Row, Selection as Meant } from "../ipc";
import { plural } from "../lib/format";
import { DeleteBySearch, type DeleteBySearchCalls } from "./delete-by-search.svelte";
import type { Deliveries } from "./deliveries.svelte";
import type { DetailState } from "./detail.svelte";
import type { Navigation } from "./navigation";
import type { Selection } from "./selection.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type KeepingCalls = Pick<
  Backend,
  "deliveriesPin" | "deliveryNote" | "deliveriesDelete" | "deletionUndo" | "deletions"
> &
  DeleteBySearchCalls;

/** What is about to be deleted, where it is asked about. `count`: how many, as far as that is known. */
export type DeletionAsked = { selection: Meant; count: number | null; what: string };

/** From here on it is asked first, although it can be undone. */
export const MANY = 100;

/** Pins, notes, and deletions that can still be undone. */
export class Keeping {
  /** The latest first; some may have run out. */
  deletions = $state.raw<readonly Deletion[]>([]);
  /** The latest one that has not been put away. */
  told = $state<number | null>(null);
  asking = $state.raw<DeletionAsked | null>(null);
  /** The delivery whose note is being written. */
  writing = $state<number | null>(null);
  busy = $state(false);
  readonly bySearch: DeleteBySearch;

  readonly #backend: KeepingCalls;
  readonly #toasts: Toasts;
  readonly #list: Deliveries;
  readonly #selection: Selection;
  readonly #detail: DetailState;
  readonly #navigation: Pick<Navigation, "show">;

  constructor(
    backend: KeepingCalls,
    toasts: Toasts,
    around: { list: Deliveries; selection: Selection; detail: DetailState; navigation: Pick<Navigation, "show"> },
  ) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#list = around.list;
    this.#selection = around.selection;
    this.#detail = around.detail;
    this.#navigation = around.navigation;
    this.bySearch = new DeleteBySearch(backend, (query, count) => this.askSearch(query, count));
  }

  /** Asks whether what a search finds is to be deleted. */
  askSearch(query: string, count: number | null): void {
    this.asking = { selection: { query }, count, what: `what this search finds: ${query}` };
  }

  async load(): Promise<void> {
    try {
      this.deletions = await this.#backend.deletions();
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  /** Those that can be undone at `now`. */
  open(now: number): readonly Deletion[] {
    return this.deletions.filter((one) => one.until_ms > now);
  }

  /** The one that is told of at the foot of the window. */
  latest(now: number): Deletion | null {
    return this.open(now).find((one) => one.number === this.told) ?? null;
  }

  /** The row that is chosen in the list, or open where the list does not hold it. */
  get #active(): Row | undefined {
    const list = this.#list;
    return list.activeIndex < 0 ? this.#detail.detail?.row : (list.rowAt(list.activeIndex) ?? this.#detail.detail?.row);
  }

  /** What a key is about: the marked deliveries, or the chosen one. */
  get subject(): number[] {
    if (this.#selection.size > 0) return this.#selection.inOrder;
    const row = this.#active;
    return row ? [row.id] : [];
  }

  /** Pins the chosen one, or takes its pin away; marked ones are all pinned, unless all that are here are. */
  togglePin(): Promise<void> {
    const ids = this.subject;
    return this.pin(ids, !this.#pinned(ids));
  }

  #pinned(ids: readonly number[]): boolean {
    const detail = this.#detail.detail?.row;
    const here = ids.map((id) => this.#list.rowOf(id) ?? (detail?.id === id ? detail : undefined));
    return here.length > 0 && here.every((row) => row?.pinned === true);
  }

  async pin(ids: readonly number[], pinned: boolean): Promise<void> {
    if (ids.length === 0) return;
    try {
      await this.#backend.deliveriesPin(ids, pinned);
      this.#detail.touched(ids);
      const what = ids.length === 1 ? "" : `${plural(ids.length, "delivery", "deliveries")} `;
      const how = pinned ? `pinned: no limit removes ${ids.length === 1 ? "it" : "them"}` : "unpinned";
      const text = `${what}${how}.`;
      this.#toasts.info(text.charAt(0).toUpperCase() + text.slice(1));
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  /** Opens the note of a delivery for writing; it stands in the detail. */
  async write(id: number | undefined = this.#active?.id): Promise<boolean> {
    if (id === undefined) return false;
    if (this.#detail.id !== id) await this.#navigation.show({ id }, true);
    this.writing = id;
    return true;
  }

  /** False where it was not kept: what was written stays in its field. */
  async save(id: number, text: string): Promise<boolean> {
    const note = text.trim();
    this.busy = true;
    try {
      await this.#backend.deliveryNote(id, note === "" ? null : note);
      this.#detail.touched([id]);
      if (this.writing === id) this.writing = null;
      return true;
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Deletes the marked ones or the chosen one; where they are many it asks first. */
  async deleteSubject(ids: readonly number[] = this.subject): Promise<void> {
    if (ids.length === 0) return;
    const selection = { ids: [...ids] };
    if (ids.length >= MANY)
      this.asking = {
        selection,
        count: ids.length,
        what: `the ${plural(ids.length, "marked delivery", "marked deliveries")}`,
      };
    else await this.delete(selection);
  }

  /** What was asked about is to be done. */
  async sure(): Promise<void> {
    const asked = this.asking;
    this.asking = null;
    if (asked) await this.delete(asked.selection);
  }

  async delete(selection: Meant): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    const next = this.#after(selection);
    try {
      const deletion = await this.#backend.deliveriesDelete(selection);
      this.deletions = [deletion, ...this.deletions.filter((one) => one.number !== deletion.number)];
      this.told = deletion.number;
      this.#selection.clear();
      await this.#leave(selection, next);
    } catch (thrown) {
      this.#toasts.failed(thrown);
    } finally {
      this.busy = false;
    }
  }

  /** The row to go on with: the next older one that stays, or the next newer one. */
  #after(selection: Meant): Row | null {
    const list = this.#list;
    const at = list.activeIndex;
    if (selection === "all" || !("ids" in selection) || at < 0) return null;
    const gone = new Set(selection.ids);
    for (const step of [1, -1])
      for (let index = at + step; index >= 0 && index < list.shown; index += step) {
        const row = list.rowAt(index);
        if (!row) break;
        if (!gone.has(row.id)) return row;
      }
    return null;
  }

  /** The detail does not go on showing what is gone. */
  async #leave(selection: Meant, next: Row | null): Promise<void> {
    const open = this.#detail.id;
    const ids = selection !== "all" && "ids" in selection ? selection.ids : null;
    if (open === null || (ids !== null && !ids.includes(open))) return;
    this.#detail.close();
    this.#list.active = null;
    if (next === null) return;
    await this.#list.chooseId(next.id);
    await this.#navigation.show(next, false);
  }

  /** Brings back the latest, or the one that is named. False where there is none. */
  undo(now: number, number: number | undefined = this.open(now)[0]?.number): boolean {
    if (number === undefined) return false;
    void this.#undo(number);
    return true;
  }

  async #undo(number: number): Promise<void> {
    const deletion = this.deletions.find((one) => one.number === number);
    try {
      await this.#backend.deletionUndo(number);
      this.deletions = this.deletions.filter((one) => one.number !== number);
      this.#toasts.info(
        deletion ? `${plural(deletion.deliveries, "delivery is", "deliveries are")} back.` : "They are back.",
      );
    } catch (thrown) {
      this.#toasts.failed(thrown);
      await this.load();
    }
  }

  putAway(): void {
    this.told = null;
  }
}
