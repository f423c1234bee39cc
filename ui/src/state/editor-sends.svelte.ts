import type { Outbound, ReplayDraft, ReplayPlan, ReplayRun } from "../ipc";
import { changedWords } from "../lib/replay-changes";
import type { ReplayFields } from "../lib/replay-draft";
import { valuesOf } from "../lib/variables";

/** What was sent with one press: what stood in the fields then, and the run that it began. */
export type Send = {
  /** Counted for each delivery, from 1. */
  number: number;
  atMs: number;
  fields: ReplayFields;
  plan: ReplayPlan;
  run: ReplayRun;
  /** What was changed, in words; null until an answer tells. */
  changed: string | null;
};
/** What was sent, before its run is known. */
export type Made = { draft: ReplayDraft; fields: ReplayFields; plan: ReplayPlan };

const MOST_DELIVERIES = 10;
const MOST_SENDS = 50;
/** Characters of edited bodies that are kept for one delivery. */
const MOST_TEXT = 8 * 1024 * 1024;
/** An answer that takes no longer replaces the one before without a word between them. */
const QUICK_MS = 250;

/** What was sent from the editor of each delivery, newest first, as long as the window is open. */
export class EditorSends {
  /** Of the delivery that is open. */
  list = $state.raw<readonly Send[]>([]);
  /** The one whose answer is looked at; null: none yet. */
  shown = $state.raw<number | null>(null);
  /** Which of its answers, where it has several. */
  at = $state(0);
  readonly #kept = new Map<number, readonly Send[]>();
  readonly #numbers = new WeakMap<Made, number>();
  #delivery: number | null = null;
  /** Was sent last, and is not shown yet. */
  #coming: number | null = null;

  open(delivery: number | null): void {
    this.#delivery = delivery;
    this.#coming = null;
    this.list = (delivery === null ? null : this.#kept.get(delivery)) ?? [];
    this.#look(this.list[0]?.number ?? null);
  }

  #look(number: number | null): void {
    this.shown = number;
    this.at = 0;
  }

  get current(): Send | null {
    return this.list.find((one) => one.number === this.shown) ?? null;
  }

  /** The request whose answer is looked at. */
  get outbound(): Outbound | null {
    return this.current?.run.outbounds[this.at] ?? null;
  }

  /** The send before another one. */
  before(send: Send): Send | null {
    return this.list.find((one) => one.number < send.number) ?? null;
  }

  /** What an answer is compared with: the one before from the same address, or the first one of the send before. */
  base(send: Send, outbound: Outbound): Outbound | null {
    const list = this.before(send)?.run.outbounds ?? [];
    return list.find((one) => one.url === outbound.url) ?? list[0] ?? null;
  }

  /** What variables became in the request that is looked at, or in the newest one that had some. */
  get values(): ReadonlyMap<string, string> {
    const sent = [this.outbound, ...this.list.map((send) => send.run.outbounds.at(-1) ?? null)];
    for (const outbound of sent) {
      const values = outbound ? valuesOf(outbound.changes) : null;
      if (values && values.size > 0) return values;
    }
    return new Map();
  }

  choose(number: number): void {
    if (this.list.some((one) => one.number === number)) this.#look(number);
  }

  /** The next older one, or the next newer one. */
  step(by: 1 | -1): void {
    const at = this.list.findIndex((one) => one.number === this.shown);
    const next = this.list[at + by];
    if (next) this.#look(next.number);
  }

  /** Another answer of the same send. */
  turn(by: 1 | -1): void {
    const most = this.current?.run.outbounds.length ?? 0;
    this.at = Math.max(0, Math.min(most - 1, this.at + by));
  }

  /** How far a run is, told from its start on. */
  take(made: Made, run: ReplayRun): void {
    const delivery = made.draft.delivery;
    const list = this.#kept.get(delivery) ?? [];
    const known = this.#numbers.get(made);
    const number = known ?? (list[0]?.number ?? 0) + 1;
    if (known === undefined) this.#numbers.set(made, number);
    const [outbound] = run.outbounds;
    const send: Send = {
      number,
      atMs: run.started_ms,
      fields: made.fields,
      plan: made.plan,
      run,
      changed: outbound ? changedWords(outbound.changes, made.plan, made.draft) : null,
    };
    this.#keep(
      delivery,
      known === undefined ? [send, ...list] : list.map((one) => (one.number === number ? send : one)),
    );
    if (delivery !== this.#delivery) return;
    if (known === undefined) {
      this.#coming = number;
      setTimeout(() => this.#arrived(delivery, number), QUICK_MS);
    }
    if (run.state !== "running") this.#arrived(delivery, number);
  }

  /** The newest is shown once: as it ends, or as soon as it takes its time. Who looks elsewhere then stays there. */
  #arrived(delivery: number, number: number): void {
    if (delivery !== this.#delivery || number !== this.#coming) return;
    this.#coming = null;
    this.#look(number);
  }

  #keep(delivery: number, sends: readonly Send[]): void {
    let text = 0;
    const kept = sends.slice(0, MOST_SENDS).filter((send, i) => {
      text += send.fields.body.length;
      return i === 0 || text <= MOST_TEXT;
    });
    this.#kept.delete(delivery);
    this.#kept.set(delivery, kept);
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= MOST_DELIVERIES) break;
      this.#kept.delete(old);
    }
    if (delivery === this.#delivery) this.list = kept;
  }
}
