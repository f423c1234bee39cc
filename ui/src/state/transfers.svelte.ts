import type { Backend, DropEvent, Live, Selection, Transfer, TransferFormat } from "../ipc";
import { plural } from "../lib/format";
import { exportName, transferTold } from "../lib/transfers";
import type { Deliveries } from "./deliveries.svelte";
import type { Selection as Marked } from "./selection.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type TransferCalls = Pick<
  Backend,
  "exportStart" | "importStart" | "transferStop" | "transfers" | "exportChoose" | "importChoose" | "dropped"
>;

/** Something that can be exported: `count`: how many those are, as far as it is known. */
export type Exportable = { id: string; label: string; selection: Selection; count: number | null };

/** These deliveries, to be exported. */
export function exportOf(ids: readonly number[]): Exportable {
  const one = ids.length === 1;
  return {
    id: one ? `delivery-${ids[0]}` : "marked",
    label: one ? "This delivery" : plural(ids.length, "marked one"),
    selection: { ids: [...ids] },
    count: ids.length,
  };
}

/** Where files go that are dropped, if not into the history: what is said while they are held, and who takes them. */
export type DropTarget = { title: string; text: string; take: (paths: readonly string[]) => void };

/** Deliveries that go into files and come out of them. */
export class Transfers {
  /** The latest first. */
  list = $state.raw<readonly Transfer[]>([]);
  /** What can be exported, while it is asked. */
  asking = $state.raw<readonly Exportable[] | null>(null);
  /** Files are held over the window. */
  over = $state(false);
  /** Headers that could let others in are left out. */
  leaveOut = $state(true);
  busy = $state(false);

  readonly #backend: TransferCalls;
  readonly #toasts: Toasts;
  readonly #list: Pick<Deliveries, "query" | "matched" | "total">;
  readonly #marked: Pick<Marked, "size" | "inOrder">;
  readonly #find: (query: string) => void;
  readonly #target: () => DropTarget | null;
  readonly #hidden = new Set<number>();
  #listens = false;

  /** `find`: shows what a search finds. `target`: who takes dropped files in the view that is shown. */
  constructor(
    backend: TransferCalls,
    toasts: Toasts,
    around: {
      list: Pick<Deliveries, "query" | "matched" | "total">;
      marked: Pick<Marked, "size" | "inOrder">;
      find: (query: string) => void;
      target: () => DropTarget | null;
    },
  ) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#list = around.list;
    this.#marked = around.marked;
    this.#find = around.find;
    this.#target = around.target;
  }

  /** Shows what was imported. */
  show(): void {
    this.#find("imported:yes");
  }

  /** Asks what is to be exported: first what is given, then what there is to choose from. */
  ask(first: Exportable | null = null): void {
    const marked = this.#marked.inOrder;
    const { query, matched, total } = this.#list;
    const choices: Exportable[] = first ? [first] : [];
    if (!first && marked.length > 0) choices.push(exportOf(marked));
    if (query !== "") choices.push({ id: "search", label: "This search", selection: { query }, count: matched });
    choices.push({ id: "all", label: "All", selection: "all", count: total });
    this.asking = choices;
  }

  get running(): readonly Transfer[] {
    return this.list.filter((one) => one.state === "running");
  }

  async load(): Promise<void> {
    try {
      const list = await this.#backend.transfers();
      this.list = list.filter((one) => !this.#hidden.has(one.number));
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  /** Who takes what is dropped now, where that is not the import. */
  get target(): DropTarget | null {
    return this.#target();
  }

  /** Files that are dropped on the window are imported, unless the view takes them. */
  async listen(): Promise<void> {
    if (this.#listens) return;
    this.#listens = true;
    try {
      await this.#backend.dropped((event) => this.#drop(event));
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  #drop(event: DropEvent): void {
    this.over = event.at === "over";
    if (event.at !== "dropped") return;
    const { target } = this;
    if (target) target.take(event.paths);
    else void this.take(event.paths);
  }

  live(message: Live): void {
    if (message.kind !== "transfer") return;
    const { transfer } = message;
    const before = this.list.find((one) => one.number === transfer.number);
    this.list = before
      ? this.list.map((one) => (one.number === transfer.number ? transfer : one))
      : [transfer, ...this.list];
    if (transfer.state === "running" || before?.state === transfer.state) return;
    this.#told(transfer);
  }

  #told(transfer: Transfer): void {
    const { level, text } = transferTold(transfer);
    const button = transfer.kind === "import" && transfer.new > 0 ? { label: "Show", run: () => this.show() } : null;
    this.#toasts.show(level, text, { detail: transfer.error, button, lingerMs: level === "error" ? 0 : 9000 });
  }

  async export(what: Exportable, format: TransferFormat, now: Date): Promise<boolean> {
    this.busy = true;
    try {
      const path = await this.#backend.exportChoose(exportName(what.id, format, now));
      if (path === null) return false;
      await this.#backend.exportStart(what.selection, format, path, !this.leaveOut);
      await this.load();
      this.asking = null;
      return true;
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }

  async import(): Promise<void> {
    try {
      await this.take(await this.#backend.importChoose());
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  /** Reads these files. Each one that cannot be begun is told of, and the others go on. */
  async take(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      try {
        await this.#backend.importStart(path);
      } catch (thrown) {
        this.#toasts.failed(thrown);
      }
    }
    if (paths.length > 0) await this.load();
  }

  async stop(number: number): Promise<void> {
    try {
      const transfer = await this.#backend.transferStop(number);
      this.live({ kind: "transfer", transfer });
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  /** Takes one that has ended off the list. */
  putAway(number: number): void {
    this.#hidden.add(number);
    this.list = this.list.filter((one) => one.number !== number);
  }
}
