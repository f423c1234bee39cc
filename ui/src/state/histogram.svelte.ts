import type { Backend, Histogram as Shape, Live } from "../ipc";
import type { Deliveries } from "./deliveries.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type HistogramCalls = Pick<Backend, "viewHistogram">;

/** Between two readings while deliveries arrive, or older ones are found. */
const EVERY_MS = 1000;
export const BUCKETS = 84;

/** The list's deliveries over time. What is here stays until another is read: nothing flickers. */
export class Histogram {
  shape = $state.raw<Shape | null>(null);
  /** The view that `shape` is of. */
  of = $state<number | null>(null);
  #timer: ReturnType<typeof setTimeout> | null = null;
  #token = 0;
  readonly #backend: HistogramCalls;
  readonly #toasts: Toasts;
  readonly #list: Pick<Deliveries, "view">;

  constructor(backend: HistogramCalls, toasts: Toasts, list: Pick<Deliveries, "view">) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#list = list;
  }

  /** Reads it for the view that is open. */
  async read(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const { view } = this.#list;
    const token = ++this.#token;
    if (view === null) return;
    const live = () => token === this.#token && view === this.#list.view;
    try {
      const shape = await this.#backend.viewHistogram(view, BUCKETS);
      if (!live()) return;
      this.shape = shape;
      this.of = view;
    } catch (thrown) {
      // A view that was closed meanwhile is no error.
      if (live()) this.#toasts.failed(thrown);
    }
  }

  live(message: Live): void {
    if (message.kind === "counted" && message.exact) void this.read();
    else if (["rows", "changed", "counted", "removed"].includes(message.kind))
      this.#timer ??= setTimeout(() => void this.read(), EVERY_MS);
  }
}
