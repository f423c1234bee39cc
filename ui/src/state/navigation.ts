import type { Row } from "../ipc";
import { term } from "../lib/query-text";
import type { Deliveries } from "./deliveries.svelte";
import type { DetailState } from "./detail.svelte";
import type { Screen } from "./screen.svelte";

/** The ways to a delivery. */
export class Navigation {
  readonly #screen: Screen;
  readonly #list: Deliveries;
  readonly #detail: Pick<DetailState, "open" | "close">;
  /** Message id of the delivery to open when it arrives. */
  #wanted: string | null = null;

  constructor(screen: Screen, list: Deliveries, detail: Pick<DetailState, "open" | "close">) {
    this.#screen = screen;
    this.#list = list;
    this.#detail = detail;
  }

  /** Opens a row in the detail. */
  async show(row: Pick<Row, "id">, cover: boolean): Promise<void> {
    if (cover) this.#screen.covering = true;
    await this.#detail.open(row.id);
  }

  /** Chooses nothing: the overview stands in the place of the detail. */
  leave(): void {
    this.#detail.close();
    this.#list.active = null;
  }

  /** Goes to the overview, wherever the window is. */
  overview(): void {
    this.leave();
    this.#screen.go("deliveries");
    this.#screen.covering = this.#screen.narrow;
  }

  /** Goes to a delivery wherever it stands. */
  async reveal(id: number): Promise<void> {
    this.#screen.go("deliveries");
    this.#screen.covering = true;
    await Promise.all([this.#list.chooseId(id), this.#detail.open(id)]);
  }

  /** Goes to the newest delivery of a message; where the list does not know it, searches for it. */
  async revealMessage(messageId: string): Promise<void> {
    const id = this.#list.seen.idOfMessage(messageId);
    if (id !== undefined) return this.reveal(id);
    this.#screen.go("deliveries");
    await this.#list.open(term("id", messageId));
    const row = await this.#list.choose(0);
    if (row) await this.show(row, true);
  }

  /** Shows what a search finds, whatever view is on the screen. */
  find(query: string): void {
    this.#screen.go("deliveries");
    this.#screen.covering = false;
    this.#list.setQuery(query);
  }

  /** Opens a message's delivery as soon as it has arrived. */
  openOnArrival(messageId: string): void {
    this.#wanted = messageId;
    this.arrived();
  }

  /** Rows have come into the list. */
  arrived(): void {
    const id = this.#wanted === null ? undefined : this.#list.seen.idOfMessage(this.#wanted);
    if (id === undefined) return;
    this.#wanted = null;
    this.#list.point(id);
    void this.#detail.open(id);
  }
}
