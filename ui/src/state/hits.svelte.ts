import type { Backend, Hit } from "../ipc";
import type { Deliveries } from "./deliveries.svelte";
import type { DetailState, Tab } from "./detail.svelte";

/** What it asks of the back end. */
export type HitsCalls = Pick<Backend, "deliveryHits">;

/** Where in the detail a hit can be seen. */
const TAB: Record<Hit["place"], Tab | null> = {
  path: "headers",
  query: "headers",
  id: "headers",
  header_name: "headers",
  header: "headers",
  body: "event",
  note: null,
};

/** Where the open delivery has what the list's query looks for. */
export class Hits {
  list = $state.raw<readonly Hit[]>([]);
  /** The one that is looked at; -1: none yet. */
  at = $state(-1);
  /** Rises when the one that is looked at is to be brought into sight. */
  goes = $state(0);
  #of: string | null = null;
  #token = 0;
  readonly #backend: HitsCalls;
  readonly #query: Pick<Deliveries, "query">;
  readonly #detail: DetailState;

  constructor(backend: HitsCalls, query: Pick<Deliveries, "query">, detail: DetailState) {
    this.#backend = backend;
    this.#query = query;
    this.#detail = detail;
  }

  /** Reads them for a delivery and the list's query; `has`: the query looks for a text. */
  async read(id: number | null, has: boolean): Promise<void> {
    const { query } = this.#query;
    const of = id === null || !has ? null : `${id} ${query}`;
    if (of === this.#of) return;
    this.#of = of;
    const token = ++this.#token;
    this.at = -1;
    if (of === null || id === null) {
      this.list = [];
      return;
    }
    let found: readonly Hit[] = [];
    try {
      found = await this.#backend.deliveryHits(id, query);
    } catch {
      // It is gone, or the query is not understood any more: both are told where they are asked for.
    }
    if (token === this.#token) this.list = found;
  }

  get current(): Hit | null {
    return this.list[this.at] ?? null;
  }

  /** Goes to a hit, around the ends. */
  go(to: number): void {
    const count = this.list.length;
    if (count === 0) return;
    this.at = ((to % count) + count) % count;
    const tab = this.current && TAB[this.current.place];
    if (tab) this.#detail.tab = tab;
    this.goes++;
  }

  next(): void {
    this.go(this.at + 1);
  }

  previous(): void {
    this.go(this.at < 0 ? -1 : this.at - 1);
  }
}
