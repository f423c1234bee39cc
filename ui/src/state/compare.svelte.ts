import type { Backend, CompareSide, Comparison, IpcError, Outbound, Row } from "../ipc";
import { deliveryOf, differences, sameSide, type Difference } from "../lib/compare";
import { asIpcError } from "../lib/errors";
import type { Clipboard } from "./clipboard";
import type { Screen } from "./screen.svelte";
import type { Selection } from "./selection.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type CompareCalls = Pick<Backend, "compare" | "compareWith">;

export type CompareTab = "attempts" | "verified" | "marked" | "answers";

const delivery = (id: number): CompareSide => ({ delivery: id });
const outbound = (id: number): CompareSide => ({ outbound: id });

/** Two deliveries, or two answers of a replay, beside each other. */
export class Compare {
  /** Which of the ways to compare was chosen. */
  tab = $state<CompareTab>("attempts");
  found = $state.raw<Comparison | null>(null);
  error = $state.raw<IpcError | null>(null);
  loading = $state(false);
  /** What is the same is folded. */
  only = $state(true);
  /** The difference that `j` and `k` have come to; -1: none yet. */
  at = $state(-1);
  /** What was marked when the comparison was opened. */
  marked = $state.raw<readonly number[]>([]);
  a = $state.raw<CompareSide | null>(null);
  b = $state.raw<CompareSide | null>(null);
  readonly differences = $derived<readonly Difference[]>(this.found ? differences(this.found) : []);

  /** Counts openings: an answer that comes late is not shown. */
  #asked = 0;
  readonly #backend: CompareCalls;
  readonly #toasts: Toasts;
  readonly #screen: Screen;
  readonly #clipboard: Clipboard;
  readonly #selection: Pick<Selection, "inOrder">;

  constructor(
    backend: CompareCalls,
    toasts: Toasts,
    screen: Screen,
    clipboard: Clipboard,
    selection: Pick<Selection, "inOrder">,
  ) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#screen = screen;
    this.#clipboard = clipboard;
    this.#selection = selection;
  }

  /** Two marked ones; else this delivery with the attempt before it, or with the last verified of its type. */
  async open(row: Pick<Row, "id"> | null): Promise<void> {
    const marked = this.#selection.inOrder;
    const [first, second] = marked;
    if (first !== undefined && second !== undefined) {
      this.marked = marked;
      return this.#show("marked", delivery(first), delivery(second));
    }
    const id = first ?? row?.id;
    if (id === undefined) return;
    this.marked = [];
    try {
      const before = await this.#backend.compareWith(id, "previous_attempt");
      if (before) return await this.#show("attempts", before, delivery(id));
      const verified = await this.#backend.compareWith(id, "last_verified");
      if (verified) return await this.#show("verified", verified, delivery(id));
      this.#toasts.show(
        "info",
        "There is nothing to compare it with: no attempt of its event came before it, and no other delivery of its type is verified. Mark two deliveries (x) to compare any.",
      );
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  /** This delivery with the attempt before it, or with the last verified of its type. */
  async with(id: number, how: "previous_attempt" | "last_verified"): Promise<void> {
    this.marked = [];
    try {
      const other = await this.#backend.compareWith(id, how);
      if (other) return await this.#show(how === "last_verified" ? "verified" : "attempts", other, delivery(id));
      const none =
        how === "last_verified" ? "No other delivery of its type is verified." : "No attempt came before it.";
      this.#toasts.show("info", none);
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  /** Two marked ones. */
  async pair(a: number, b: number): Promise<void> {
    this.marked = [a, b];
    await this.#show("marked", delivery(a), delivery(b));
  }

  /** Two attempts of an event. */
  async openAttempts(a: number, b: number): Promise<void> {
    this.marked = [];
    await this.#show("attempts", delivery(a), delivery(b));
  }

  /** Two answers of a replay. */
  async openAnswers(a: number, b: number): Promise<void> {
    this.marked = [];
    await this.#show("answers", outbound(a), outbound(b));
  }

  async #show(tab: CompareTab, a: CompareSide, b: CompareSide): Promise<void> {
    this.tab = tab;
    this.#screen.go("compare");
    await this.compare(a, b);
  }

  /** Reads a comparison. What was shown before stays until it is there. */
  async compare(a: CompareSide, b: CompareSide): Promise<void> {
    const asked = ++this.#asked;
    [this.a, this.b] = [a, b];
    this.loading = true;
    try {
      const found = await this.#backend.compare(a, b);
      if (asked !== this.#asked) return;
      this.found = found;
      this.error = null;
      this.at = -1;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.found = null;
      this.error = asIpcError(thrown);
    } finally {
      if (asked === this.#asked) this.loading = false;
    }
  }

  async retry(): Promise<void> {
    if (this.a && this.b) await this.compare(this.a, this.b);
  }

  async swap(): Promise<void> {
    if (this.a && this.b) await this.compare(this.b, this.a);
  }

  toggle(): void {
    this.only = !this.only;
  }

  /** Goes on to the next difference, or back. False where there is none. */
  step(by: number): boolean {
    const last = this.differences.length - 1;
    if (last < 0) return false;
    this.at = this.at < 0 ? (by > 0 ? 0 : last) : Math.max(0, Math.min(last, this.at + by));
    return true;
  }

  /** What may stand on a side, in the order in which it came. */
  get candidates(): readonly CompareSide[] {
    const found = this.found;
    if (!found) return [];
    if (this.tab === "answers") return found.answers.map((one: Outbound) => outbound(one.id)).reverse();
    if (this.tab === "marked") return this.marked.map(delivery);
    const attempts = found.attempts.map((row) => delivery(row.id));
    return this.tab === "verified" && found.last_verified !== null
      ? [delivery(found.last_verified), ...attempts]
      : attempts;
  }

  /** The next one of them as B, or the one before; A is passed over. */
  async other(by: number): Promise<void> {
    const { a, b } = this;
    if (!a || !b) return;
    const all = this.candidates.filter((side) => !sameSide(side, a));
    const at = all.findIndex((side) => sameSide(side, b));
    const next = all[(at + by + all.length) % all.length];
    if (next && !sameSide(next, b)) await this.compare(a, next);
  }

  /** The delivery that it is about. */
  get subject(): number | null {
    return deliveryOf(this.b) ?? this.found?.b.outbound?.delivery ?? null;
  }

  /** Compares in another way; says so where there is nothing to compare with. */
  async choose(tab: CompareTab): Promise<void> {
    const [id, found] = [this.subject, this.found];
    if (id === null || !found || tab === this.tab) return;
    const pair = this.#pair(tab, id, found);
    if (!pair) return;
    this.tab = tab;
    await this.compare(...pair);
  }

  /** What would be compared; null where there are no two. */
  #pair(tab: CompareTab, id: number, found: Comparison): [CompareSide, CompareSide] | null {
    if (tab === "verified") return found.last_verified === null ? null : [delivery(found.last_verified), delivery(id)];
    if (tab === "attempts") {
      const ids = found.attempts.map((row) => row.id);
      const other = ids.filter((one) => one < id).at(-1) ?? ids.find((one) => one > id);
      return other === undefined
        ? null
        : other < id
          ? [delivery(other), delivery(id)]
          : [delivery(id), delivery(other)];
    }
    const [first, second] = tab === "marked" ? this.marked : found.answers.map((one) => one.id).reverse();
    const side = tab === "marked" ? delivery : outbound;
    return first === undefined || second === undefined ? null : [side(first), side(second)];
  }

  /** Whether there are two to be compared in that way. */
  has(tab: CompareTab): boolean {
    const [id, found] = [this.subject, this.found];
    return id !== null && found !== null && this.#pair(tab, id, found) !== null;
  }

  async copy(): Promise<boolean> {
    return this.found !== null && this.#clipboard.copy(JSON.stringify(this.found, null, 2), "Comparison");
  }

  /** Back to the deliveries. */
  close(): void {
    this.#asked++;
    this.loading = false;
    this.#screen.go("deliveries");
  }
}
