import type { Action, Backend } from "../ipc";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type ActionLogCalls = Pick<Backend, "actions" | "actionsExport">;

const PAGE = 100;
const LINGER_MS = 12_000;

/** What was done to projects, webhooks and secrets; newest first, read a page at a time. */
export class ActionLog {
  list = $state.raw<readonly Action[]>([]);
  loaded = $state(false);
  reading = $state(false);
  #before: number | null = null;
  readonly #backend: ActionLogCalls;
  readonly #toasts: Toasts;

  constructor(backend: ActionLogCalls, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
  }

  get more(): boolean {
    return this.#before !== null;
  }

  /**
   * The newest page before what is here; where the two no longer touch, the older part is read again when it is looked
   * at.
   */
  async refresh(): Promise<void> {
    await this.#read(null, (page) => {
      const lowest = page.at(-1)?.id ?? 0;
      const joins = this.list.some((one) => one.id >= lowest);
      this.list = joins && this.list.length ? [...page, ...this.list.filter((one) => one.id < lowest)] : page;
      return !joins || this.list.length === page.length;
    });
    this.loaded = true;
  }

  async older(): Promise<void> {
    if (this.#before === null || this.reading) return;
    await this.#read(this.#before, (page) => {
      this.list = [...this.list, ...page];
      return true;
    });
  }

  /** `take` answers whether the page's end is the end of what is here. */
  async #read(before: number | null, take: (page: Action[]) => boolean): Promise<void> {
    this.reading = true;
    try {
      const { actions, next_before } = await this.#backend.actions(before, PAGE);
      if (take(actions)) this.#before = next_before;
    } catch (thrown) {
      this.#toasts.failed(thrown);
    } finally {
      this.reading = false;
    }
  }

  /** Writes all of it to a file, and says where. */
  async export(copy: (path: string) => void): Promise<void> {
    try {
      const path = await this.#backend.actionsExport();
      this.#toasts.show("info", "The log is written as NDJSON.", {
        detail: path,
        lingerMs: LINGER_MS,
        button: { label: "Copy path", run: () => copy(path) },
      });
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }
}
