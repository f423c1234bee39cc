import type { Backend, IpcError, Outbound, ReplayPlan, ReplayRun } from "../ipc";
import { asIpcError } from "../lib/errors";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type RunCalls = Pick<Backend, "replayRun" | "replayStop">;

/** A run of one request gets a card only when it takes longer than this. */
const SLOW_MS = 700;
const REREAD_MS = 500;
const MOST_PLANS = 20;
const MOST_PICKED = 4;
const MOST_CARDS = 3;

/** Somewhere a run is shown in place: it is told how far the run is, and no card or message repeats it meanwhile. */
export type Watch = {
  /** With its requests once it has ended. */
  told: (run: ReplayRun) => void;
  /** It is on the screen. */
  shown: () => boolean;
};

/** Runs of replays: those that are shown at the foot of the window, and the one whose results are looked at. */
export class Runs {
  /** The newest first; each stays until it is dismissed. */
  cards = $state.raw<readonly ReplayRun[]>([]);
  /** The results that are open: a run with its first 200 requests. */
  shown = $state.raw<ReplayRun | null>(null);
  shownError = $state.raw<IpcError | null>(null);
  /** Requests side by side, the first of them is what the others are compared with. */
  picked = $state.raw<readonly number[]>([]);
  stopping = $state.raw<ReadonlySet<number>>(new Set());

  readonly #known = new Map<number, ReplayRun>();
  readonly #plans = new Map<number, ReplayPlan>();
  readonly #runOf = new Map<number, number>();
  readonly #watches = new Map<number, Watch>();
  /** What is told of runs whose start is still on its way to whoever watches them. */
  readonly #early = new Map<number, ReplayRun>();
  #held = 0;
  #reread: ReturnType<typeof setTimeout> | null = null;
  readonly #backend: RunCalls;
  readonly #toasts: Toasts;
  readonly #onEnd: (run: ReplayRun, shown: boolean) => void;

  /** `onEnd` is told each run that has ended, with its requests, and whether it is shown in place. */
  constructor(backend: RunCalls, toasts: Toasts, onEnd: (run: ReplayRun, shown: boolean) => void) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#onEnd = onEnd;
  }

  /** A run that was started here: what was asked for is remembered, so that it can be asked for again. */
  begin(run: ReplayRun, plan: ReplayPlan, watch: Watch | null = null): void {
    if (watch) this.#watches.set(run.run, watch);
    this.#plans.set(run.run, plan);
    for (const old of this.#plans.keys()) {
      if (this.#plans.size <= MOST_PLANS) break;
      this.#plans.delete(old);
    }
    this.apply(run);
  }

  /** The plan that a request was part of, while it is remembered. */
  planOf(outbound: number): ReplayPlan | null {
    return this.#plans.get(this.#runOf.get(outbound) ?? -1) ?? null;
  }

  /** Keeps what is told of runs that nobody knows yet, until the answer is called: a watch may be coming for them. */
  hold(): () => void {
    this.#held++;
    return () => {
      if (--this.#held > 0) return;
      const early = [...this.#early.values()];
      this.#early.clear();
      for (const run of early) this.apply(run);
    };
  }

  /** The back end tells how far a run is. An answer that is older than a message does not undo it. */
  apply(run: ReplayRun): void {
    if (this.#held > 0 && !this.#known.has(run.run) && !this.#watches.has(run.run)) {
      this.#early.set(run.run, run);
      return;
    }
    const before = this.#known.get(run.run);
    if (before && (before.state !== "running" || before.done > run.done)) return;
    this.#known.set(run.run, run);
    const watch = this.#watches.get(run.run);
    if (run.state === "running") watch?.told(run);
    if (watch?.shown()) this.dismiss(run.run);
    else if (run.total > 1 || this.cards.some((one) => one.run === run.run)) this.#card(run);
    else if (!before && run.state === "running") setTimeout(() => this.#slow(run.run), SLOW_MS);
    if (this.shown?.run === run.run) this.#readSoon();
    if (run.state !== "running") void this.#end(run);
  }

  #slow(number: number): void {
    const run = this.#known.get(number);
    if (run?.state === "running" && !this.#watches.get(number)?.shown()) this.#card(run);
  }

  #card(run: ReplayRun): void {
    const there = this.cards.some((one) => one.run === run.run);
    this.cards = there
      ? this.cards.map((one) => (one.run === run.run ? run : one))
      : [run, ...this.cards].slice(0, MOST_CARDS);
  }

  async #end(told: ReplayRun): Promise<void> {
    let run = told;
    try {
      run = await this.#backend.replayRun(told.run);
    } catch {
      // What was told stands; only its requests are not known.
    }
    for (const one of run.outbounds) this.#runOf.set(one.id, run.run);
    const watch = this.#watches.get(run.run);
    watch?.told(run);
    this.#onEnd(run, watch?.shown() ?? false);
    this.#watches.delete(run.run);
  }

  dismiss(number: number): void {
    this.cards = this.cards.filter((one) => one.run !== number);
  }

  async stop(number: number): Promise<void> {
    if (this.stopping.has(number)) return;
    this.stopping = new Set(this.stopping).add(number);
    try {
      this.apply(await this.#backend.replayStop(number));
    } catch (thrown) {
      this.#toasts.failed(thrown);
    } finally {
      const left = new Set(this.stopping);
      left.delete(number);
      this.stopping = left;
    }
  }

  /** Opens the results of a run. */
  async show(number: number): Promise<void> {
    this.shownError = null;
    this.shown = this.#known.get(number) ?? null;
    this.picked = [];
    await this.#read(number);
  }

  close(): void {
    this.shown = null;
    this.shownError = null;
  }

  async #read(number: number): Promise<void> {
    try {
      const run = await this.#backend.replayRun(number);
      if (this.shown !== null && this.shown.run !== number) return;
      this.shown = run;
      if (this.picked.length === 0) this.picked = firstPicked(run.outbounds);
    } catch (thrown) {
      this.shownError = asIpcError(thrown);
    }
  }

  #readSoon(): void {
    this.#reread ??= setTimeout(() => {
      this.#reread = null;
      if (this.shown) void this.#read(this.shown.run);
    }, REREAD_MS);
  }

  pick(id: number): void {
    this.picked = this.picked.includes(id)
      ? this.picked.filter((one) => one !== id)
      : [...this.picked, id].slice(-MOST_PICKED);
  }
}

/**
 * The first delivery at each target: what side by side is for. Where there is one target only, its first two answers.
 */
function firstPicked(outbounds: readonly Outbound[]): number[] {
  const [first] = outbounds;
  if (!first) return [];
  const byTarget = outbounds.filter((one) => one.delivery === first.delivery && one.number === first.number);
  return (byTarget.length > 1 ? byTarget : outbounds.slice(0, 2)).slice(0, MOST_PICKED).map((one) => one.id);
}
