import type { Backend, IdFound, NamedWebhook, PaletteUsed } from "../ipc";
import { visible } from "../lib/invisible";
import type { Action } from "../lib/key-table";
import { arrange, Index, type Arranged, type Entry, type Found, type GroupId } from "../lib/palette";
import {
  actionEntries,
  projectEntries,
  sampleEntries,
  searchEntries,
  settingEntries,
  webhookEntries,
} from "../lib/palette-entries";
import { recentIdEntry, type IdAround } from "../lib/palette-found";
import { term } from "../lib/query-text";
import type { Areas } from "./context";
import { nowOf, type NowOf } from "./now";
import { PaletteId, type IdCalls } from "./palette-id.svelte";

/** What it asks of the back end. */
export type PaletteCalls = Pick<Backend, "paletteChoose" | "paletteUsed" | "paletteWebhooks"> & IdCalls;
export type PaletteAround = NowOf & Pick<Areas, "about" | "projects" | "search" | "settings" | "toasts">;

/** Of the ids that were gone to lately, so many are looked up again. */
const MOST_RECALLED = 5;
/** The back end counts so many queries at once. */
const MOST_COUNTED = 8;

/** Everything by its name: what can be done, where one can go, and whatever an id leads to. */
export class Palette {
  shown = $state(false);
  text = $state("");
  /** Nothing but this group is listed. */
  only = $state<GroupId | null>(null);
  /** Said to who hears the window: why the chosen entry does nothing. */
  told = $state("");
  /** What had the focus before, and has it again afterwards. */
  back: Element | null = null;
  readonly id: PaletteId;

  /** The number of the chosen entry; null: the one that fits best. */
  #chosen = $state<number | null>(null);
  #index = $state.raw(new Index([]));
  #used = $state.raw<readonly PaletteUsed[]>([]);
  #webhooks: readonly NamedWebhook[] = [];
  #counts: readonly (number | null)[] = [];
  #recalled: ReadonlyMap<string, IdFound> = new Map();
  /** Rises with each opening: what was read for another one is not shown. */
  #opened = 0;
  #whenFound: ((entry: Entry) => void) | null = null;
  readonly #backend: PaletteCalls;
  readonly #around: PaletteAround;

  constructor(backend: PaletteCalls, around: PaletteAround) {
    this.#backend = backend;
    this.#around = around;
    this.id = new PaletteId(
      backend,
      () => this.#idAround,
      (thrown) => void around.toasts.failed(thrown),
    );
    this.id.onfound = () => this.#goOn();
  }

  show(): void {
    if (this.shown || this.#around.about.told === null) return;
    this.back = document.activeElement;
    this.text = this.told = "";
    this.only = this.#chosen = this.#whenFound = null;
    this.id.forget();
    this.#rebuild();
    this.shown = true;
    void this.#load(++this.#opened);
  }

  close(): void {
    this.shown = false;
    this.#opened++;
    this.id.forget();
    this.#whenFound = null;
  }

  type(text: string): void {
    this.text = text;
    this.#chosen = null;
    this.told = "";
    this.#whenFound = null;
    void this.id.find(text);
  }

  readonly #searched = $derived.by(() => {
    const began = performance.now();
    const search = this.#index.search(this.text);
    return { search, ms: performance.now() - began };
  });
  /** What is listed, and which of it fits best. */
  readonly list: Arranged = $derived.by(() => {
    const recent = this.#used.map(({ entry }) => entry);
    return arrange([...this.id.entries, ...this.#last()], this.#searched.search, recent, this.only);
  });

  /** How many entries there are. */
  get size(): number {
    return this.#index.size;
  }

  /** How many of them fit what was typed. */
  get matches(): number {
    return this.#searched.search.total;
  }

  /** How long the search for the last key took, in milliseconds. */
  get ms(): number {
    return this.#searched.ms;
  }

  get at(): number {
    const { entries, best } = this.list;
    return Math.min(this.#chosen ?? best, entries.length - 1);
  }

  get chosen(): Found | null {
    return this.list.entries[this.at] ?? null;
  }

  point(number: number): void {
    this.#chosen = number;
    this.told = "";
  }

  /** Moves the choice, around the ends where it is one step. */
  move(by: number): void {
    const count = this.list.entries.length;
    if (count === 0) return;
    const to = this.at + by;
    this.point(Math.abs(by) === 1 ? (to + count) % count : Math.min(count - 1, Math.max(0, to)));
  }

  /** Lists only the group of the chosen entry, or all of them again. */
  narrow(): void {
    const row = this.list.rows.find((one) => one.is === "entry" && one.number === this.at);
    const { chosen } = this;
    this.only = this.only === null ? (row?.group ?? null) : null;
    this.#chosen = null;
    const at = this.list.entries.findIndex((one) => one.entry === chosen?.entry);
    if (at >= 0) this.#chosen = at;
  }

  /** One step back; false where there is none left. */
  stepBack(): boolean {
    if (this.only === null) return false;
    this.narrow();
    return true;
  }

  /** Gives the chosen entry to who runs it. One that can do nothing says why; one that is looked for is waited for. */
  take(run: (entry: Entry) => void): void {
    const entry = this.chosen?.entry;
    if (!entry) return;
    if (entry.waits) this.#whenFound = run;
    else if (entry.off !== null) this.told = `${entry.label}: ${entry.off}.`;
    else run(entry);
  }

  /** It was chosen: it is the first of the recent ones from now on. */
  async used({ key }: Entry): Promise<void> {
    if (key === null) return;
    // Its place among the recent ones is not worth an error.
    await this.#backend.paletteChoose(key).catch(() => undefined);
  }

  /** Why an action can do nothing, at the moment of its use. */
  now = () => nowOf(this.#around, this.back);

  get #idAround(): IdAround {
    const { clock, jobs, projects } = this.#around;
    const { project } = jobs;
    return { now: clock.now, nameOf: (id) => projects.nameOf(id), keyed: project?.api_key ? project.name : null };
  }

  /** The last way, where no id was typed: the deliveries that have the text. */
  #last(): Entry[] {
    const text = this.text.trim();
    if (text === "" || this.id.entries.length > 0) return [];
    const label = `Search deliveries for “${visible(text)}”`;
    const run = { does: "find", query: term("", text) } as const;
    return [{ key: null, group: "search", label, sub: "", also: "", caps: [], end: "", off: null, run }];
  }

  #rebuild(): void {
    const { about, projects, search, settings } = this.#around;
    const now = this.now();
    const chosen = this.#chosen === null ? null : (this.chosen?.entry.key ?? null);
    this.#index = new Index([
      ...this.#recentIds(),
      ...actionEntries(now, this.#shownView()),
      ...settingEntries(settings.current),
      ...projectEntries(projects.list, projects.chosenId),
      ...webhookEntries(this.#webhooks, (id) => projects.nameOf(id)),
      ...searchEntries(search.searches.saved, this.#counts),
      ...sampleEntries(about.sampleTypes, about.brokenKinds, now),
    ]);
    this.#index.prepare();
    if (chosen === null) return;
    const at = this.list.entries.findIndex((one) => one.entry.key === chosen);
    this.#chosen = at < 0 ? null : at;
  }

  #shownView(): Action | null {
    const { view } = this.#around.screen;
    if (view === "settings") return "settings";
    return view === "compare" ? null : `go-${view}`;
  }

  #recentIds(): Entry[] {
    return this.#used
      .filter(({ entry }) => entry.startsWith("id:"))
      .slice(0, MOST_RECALLED)
      .map(({ entry, at_ms }) => {
        const id = entry.slice(3);
        return recentIdEntry(id, at_ms, this.#recalled.get(id) ?? null, this.#idAround);
      });
  }

  /** What is read anew with each opening. What is shown meanwhile is what was known. */
  async #load(opened: number): Promise<void> {
    const { replay, search, toasts } = this.#around;
    const told = (thrown: unknown) => void toasts.failed(thrown);
    await Promise.all([
      this.#backend.paletteUsed().then((used) => (this.#used = used), told),
      this.#backend.paletteWebhooks().then((webhooks) => (this.#webhooks = webhooks), told),
      search.load(),
      replay.targets.loaded ? null : replay.targets.load(),
    ]);
    if (opened !== this.#opened) return;
    this.#rebuild();
    const queries = search.searches.saved.slice(0, MOST_COUNTED).map(({ query }) => query);
    const [counts] = await Promise.all([
      // A count is not worth an error.
      queries.length === 0 ? [] : this.#backend.queryCounts(queries).catch(() => []),
      this.#recall(),
    ]);
    if (opened !== this.#opened) return;
    this.#counts = counts;
    this.#rebuild();
  }

  /** What the ids that were gone to lately lead to now. */
  async #recall(): Promise<void> {
    const ids = this.#used.flatMap(({ entry }) => (entry.startsWith("id:") ? [entry.slice(3)] : []));
    const found = await Promise.all(
      ids.slice(0, MOST_RECALLED).map(async (id) => {
        const one = await this.#backend.idFind(id).catch(() => null);
        return one === null ? [] : [[id, one] as const];
      }),
    );
    this.#recalled = new Map(found.flat());
  }

  /** Who chose it while it was looked for is given what was found. */
  #goOn(): void {
    const run = this.#whenFound;
    this.#whenFound = null;
    const entry = this.chosen?.entry;
    if (run && entry) this.take(run);
  }
}
