import type { Backend, CopyForm, Row } from "../ipc";
import { plural } from "../lib/format";
import { canSearch, menuOf, type MenuAction, type MenuEntry, type MenuSubject, type MenuValue } from "../lib/menu";
import { accessOf, jsonPathOf } from "../lib/json-path";
import type { MenuPlace } from "../lib/menu-on";
import type { Clipboard } from "./clipboard";
import type { CopyingAs } from "./copying-as";
import type { Keeping } from "./keeping.svelte";
import type { Replay } from "./replay.svelte";
import type { VerifyAgain } from "./verify-again.svelte";

/** Makes a part of the search out of a value; `with`: the text that the search would then be. */
export type ChipMaker = {
  add: (field: string, value: string, negated: boolean) => void;
  with: (field: string, value: string, negated: boolean) => string;
};
/** Opens the comparison of two deliveries. */
export type Comparer = {
  with: (id: number, how: "previous_attempt" | "last_verified") => Promise<void>;
  pair: (a: number, b: number) => Promise<void>;
};

/** What the menu's entries do it with. */
export type MenuAround = {
  clipboard: Pick<Clipboard, "copy">;
  copying: Pick<CopyingAs, "as">;
  keeping: Pick<Keeping, "pin" | "write" | "deleteSubject">;
  replay: Pick<Replay, "now" | "edit" | "selection">;
  verifyAgain: Pick<VerifyAgain, "these">;
  counts: Backend["queryCounts"];
  exporting: (ids: readonly number[]) => void;
  search: ChipMaker | null;
  compare: Comparer | null;
};

export type MenuShown = {
  x: number;
  y: number;
  /** Rises with each menu, so that another place is another menu. */
  number: number;
  title: string;
  under: string | null;
  mono: boolean;
  entries: readonly MenuEntry[];
};
type About = { ids: readonly number[]; row: Row | null; value: MenuValue | null; ordinal: number; selected: string };

/** The one menu of our own: what it is about, and what its entries do. */
export class MenuState {
  shown = $state.raw<MenuShown | null>(null);
  /** The delivery whose row it was opened on. */
  of = $state<number | null>(null);
  #about: About | null = null;
  #back: HTMLElement | null = null;
  #number = 0;
  readonly #around: MenuAround;

  constructor(around: MenuAround) {
    this.#around = around;
  }

  /** On one delivery, or on one value of it. `ordinal`: where it stands in the list, -1 elsewhere. */
  open(place: MenuPlace, row: Row, value: MenuValue | null = null, ordinal = -1): void {
    const selected = selectedIn(place.from);
    this.#show(place, { ids: [row.id], row, value, ordinal, selected });
  }

  /** On a value that is of no delivery. */
  openValue(place: MenuPlace, value: MenuValue): void {
    this.#show(place, { ids: [], row: null, value, ordinal: -1, selected: selectedIn(place.from) });
  }

  /** On a row of the list: on all that are marked, if it is one of them. */
  openRow(place: MenuPlace, row: Row, ordinal: number, value: MenuValue | null): void {
    const { selection } = this.#around.replay;
    if (selection.size > 1 && selection.ids.has(row.id))
      this.#show(place, { ids: selection.inOrder, row: null, value: null, ordinal, selected: "" });
    else this.open(place, row, value, ordinal);
    this.of = row.id;
  }

  /** On all that are marked. */
  openMarked(place: MenuPlace): void {
    const { inOrder } = this.#around.replay.selection;
    if (inOrder.length > 0) this.#show(place, { ids: inOrder, row: null, value: null, ordinal: -1, selected: "" });
  }

  #show(place: MenuPlace, about: About): void {
    const { search, compare, replay } = this.#around;
    const { row, value, ids } = about;
    this.#about = about;
    this.#back = document.activeElement instanceof HTMLElement ? document.activeElement : place.from;
    const subject: MenuSubject = {
      count: ids.length,
      row,
      value,
      selected: about.selected !== "",
      search: search !== null,
      compare: compare !== null,
      marked: row !== null && replay.selection.ids.has(row.id),
    };
    const type = row?.event_type?.trim() ? row.event_type : "delivery";
    this.shown = {
      x: place.x,
      y: place.y,
      number: ++this.#number,
      ...(row === null && value === null
        ? { title: `${plural(ids.length, "marked delivery", "marked deliveries")}`, under: null, mono: false }
        : value === null
          ? { title: type, under: row?.message_id ?? null, mono: true }
          : { title: value.value === "" ? "(empty)" : value.value, under: value.path ?? value.field, mono: true }),
      entries: menuOf(subject),
    };
    void this.#count(this.#number, subject);
  }

  /** Says how many would match, if the same menu is still there when that is known. */
  async #count(number: number, subject: MenuSubject): Promise<void> {
    const { search, counts } = this.#around;
    const { value } = subject;
    if (search === null || !canSearch(value)) return;
    const queries = [false, true].map((negated) => search.with(value.field, value.value, negated));
    // A count is not worth an error.
    const [filter = null, exclude = null] = await counts(queries).catch(() => []);
    if (this.shown?.number === number)
      this.shown = { ...this.shown, entries: menuOf({ ...subject, counts: { filter, exclude } }) };
  }

  /** It is gone; the focus goes back to where it was. */
  close(): void {
    this.shown = null;
    this.of = null;
    const back = this.#back;
    this.#back = null;
    if (back?.isConnected) back.focus({ preventScroll: true });
  }

  run(action: MenuAction): void {
    const about = this.#about;
    if (about) void this.#run(about, action);
  }

  async #run({ ids, row, value, ordinal, selected }: About, action: MenuAction): Promise<void> {
    const { clipboard, copying, keeping, replay, verifyAgain, search, compare, exporting } = this.#around;
    const [first, second] = ids;
    const subject = row ? { ids, project: row.project } : undefined;
    if (action.startsWith("copy-as:")) {
      await copying.as(ids, action.slice("copy-as:".length) as CopyForm);
      return;
    }
    switch (action) {
      case "filter":
      case "exclude":
        if (value?.field) search?.add(value.field, value.value, action === "exclude");
        break;
      case "copy-selected":
        await clipboard.copy(selected, "Selected text");
        break;
      case "copy-value":
        if (value) await clipboard.copy(value.value, "Value");
        break;
      case "copy-path":
        if (value?.path) await clipboard.copy(value.path, "Path");
        break;
      case "copy-json-path":
        if (value?.steps) await clipboard.copy(jsonPathOf(value.steps), "JSONPath");
        break;
      case "copy-access":
        if (value?.steps) await clipboard.copy(accessOf(value.steps), "Access");
        break;
      case "replay":
        await replay.now(subject);
        break;
      case "edit-replay":
        await replay.edit(subject);
        break;
      case "verify-again":
        await verifyAgain.these(ids);
        break;
      case "compare-previous":
      case "compare-verified":
        if (first !== undefined)
          await compare?.with(first, action === "compare-previous" ? "previous_attempt" : "last_verified");
        break;
      case "compare-pair":
        if (first !== undefined && second !== undefined) await compare?.pair(first, second);
        break;
      case "pin":
      case "unpin":
        await keeping.pin(ids, action === "pin");
        break;
      case "note":
        await keeping.write(first);
        break;
      case "mark":
        if (first !== undefined && ordinal >= 0) replay.selection.toggle(first, ordinal);
        break;
      case "clear-marks":
        replay.selection.clear();
        break;
      case "export":
        exporting(ids);
        break;
      case "delete":
        await keeping.deleteSubject(ids);
    }
  }
}

/** What is selected of the text in an element. */
function selectedIn(element: HTMLElement): string {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || !selection.containsNode(element, true)) return "";
  return selection.toString();
}
