import type { Backend, Live, VerifyRun } from "../ipc";
import { outcome } from "../lib/verify-again";
import type { DetailState } from "./detail.svelte";
import type { Selection } from "./selection.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type VerifyAgainCalls = Pick<Backend, "verifyAgain">;

const LINGER_MS = 8000;

/** Deliveries that are judged again: by hand, or in the background because a key came. */
export class VerifyAgain {
  /** One is asked for by hand and not answered yet. */
  busy = $state(false);
  /** What goes on in the background, by project. */
  runs = $state.raw<ReadonlyMap<number, VerifyRun>>(new Map());

  readonly #backend: VerifyAgainCalls;
  readonly #toasts: Toasts;
  readonly #selection: Selection;
  readonly #detail: DetailState;

  constructor(backend: VerifyAgainCalls, toasts: Toasts, selection: Selection, detail: DetailState) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#selection = selection;
    this.#detail = detail;
  }

  /** How far the runs under way are, together; null while there is none. */
  get progress(): { looked: number; of: number } | null {
    const runs = [...this.runs.values()];
    return runs.length === 0
      ? null
      : { looked: runs.reduce((sum, run) => sum + run.sum.looked, 0), of: runs.reduce((sum, run) => sum + run.of, 0) };
  }

  /** The marked deliveries, or the one that is open where it is not verified. */
  get subject(): number[] {
    if (this.#selection.size > 0) return this.#selection.inOrder;
    const { detail } = this.#detail;
    return detail && detail.row.outcome !== "verified" ? [detail.row.id] : [];
  }

  /** The marked ones, or the open one. */
  now(): Promise<void> {
    return this.#judge(this.subject);
  }

  one(id: number): Promise<void> {
    return this.#judge([id]);
  }

  these(ids: readonly number[]): Promise<void> {
    return this.#judge(ids);
  }

  async #judge(ids: readonly number[]): Promise<void> {
    if (ids.length === 0 || this.busy) return;
    this.busy = true;
    try {
      const sum = await this.#backend.verifyAgain(ids);
      this.#say(outcome(sum, ids.length));
    } catch (thrown) {
      this.#toasts.failed(thrown);
    } finally {
      this.busy = false;
    }
    this.#detail.refresh();
  }

  live(message: Live): void {
    if (message.kind !== "verify_again") return;
    const { run } = message;
    const runs = new Map(this.runs);
    if (run.done) runs.delete(run.project);
    else runs.set(run.project, run);
    this.runs = runs;
    if (!run.done) return;
    this.#say(outcome(run.sum, run.given ? "given" : null));
    this.#detail.refresh();
  }

  #say(text: string): void {
    if (text) this.#toasts.show("info", text, { lingerMs: LINGER_MS });
  }
}
