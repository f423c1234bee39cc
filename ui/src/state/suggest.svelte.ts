import type { Backend, Suggestion, SuggestionGroup } from "../ipc";
import type { Search } from "./search.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type SuggestCalls = Pick<Backend, "querySuggest">;

/** What may complete the text of the search box where the caret stands. */
export class Suggest {
  groups = $state.raw<readonly SuggestionGroup[]>([]);
  open = $state(false);
  /** The chosen one, counted through all groups; -1: none. */
  at = $state(-1);
  /** Where the caret goes once a suggestion was taken; null: it was taken by nobody. */
  caret = $state.raw<{ at: number } | null>(null);
  readonly items: readonly Suggestion[] = $derived(this.groups.flatMap((group) => group.items));
  #token = 0;
  /** The text and the place that `groups` are for. */
  #of = "";
  readonly #backend: SuggestCalls;
  readonly #toasts: Toasts;
  readonly #search: Search;

  constructor(backend: SuggestCalls, toasts: Toasts, search: Search) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#search = search;
  }

  get chosen(): Suggestion | null {
    return this.open ? (this.items[this.at] ?? null) : null;
  }

  /** Opens it for the caret; what was asked for before is dropped. */
  async ask(text: string, cursor: number): Promise<void> {
    this.open = true;
    const of = `${cursor} ${text}`;
    const token = ++this.#token;
    try {
      const { groups } = await this.#backend.querySuggest(text, cursor);
      if (token !== this.#token) return;
      const kept = this.#of === of ? this.at : -1;
      this.#of = of;
      this.groups = groups.filter((group) => group.items.length > 0);
      this.at = Math.min(kept, this.items.length - 1);
    } catch (thrown) {
      if (token !== this.#token) return;
      this.groups = [];
      this.#toasts.failed(thrown);
    }
  }

  close(): void {
    this.#token++;
    this.open = false;
    this.at = -1;
    this.groups = [];
  }

  /** Goes through them, with a stop at none between the last and the first. */
  move(by: 1 | -1): void {
    const stops = this.items.length + 1;
    this.at = ((this.at + 1 + by + stops) % stops) - 1;
  }

  /** Puts a suggestion into the text; `excluded`: with a minus before it. */
  take(item: Suggestion, excluded = false): void {
    const { text } = this.#search;
    const sign = excluded && !item.insert.startsWith("-") ? "-" : "";
    const own = sign + item.insert;
    // A whole part is followed by a space: the next one begins there. A field waits for its value.
    const begun = /[:=><.]$/.test(own);
    const rest = text.slice(item.end);
    const space = begun || /^\s/.test(rest) ? "" : " ";
    const at = item.start + own.length;
    this.caret = { at: begun ? at : at + 1 };
    void this.#search.set(text.slice(0, item.start) + own + space + rest);
    this.at = -1;
  }
}
