import type { AnswerDiff, Backend, IpcError, Outbound, OutboundDetail } from "../ipc";
import { asIpcError } from "../lib/errors";

/** What it asks of the back end. */
export type SentCalls = Pick<Backend, "outbound" | "outboundDiff" | "outbounds">;

const MOST_KEPT = 60;
export type Loaded<T> = { value: T } | { error: IpcError };

/**
 * Requests that were sent on, whole, and how their answers differ: read when they are looked at, and kept for a while.
 */
export class Answers {
  details = $state.raw<ReadonlyMap<number, Loaded<OutboundDetail>>>(new Map());
  diffs = $state.raw<ReadonlyMap<string, Loaded<AnswerDiff>>>(new Map());
  readonly #asked = new Set<string>();
  readonly #backend: SentCalls;

  constructor(backend: SentCalls) {
    this.#backend = backend;
  }

  /** `first:other` */
  static pair(first: number, other: number): string {
    return `${first}:${other}`;
  }

  async need(id: number): Promise<void> {
    await this.#once(`${id}`, this.details.has(id), async () => {
      const read = await loaded(this.#backend.outbound(id));
      this.details = kept(this.details, id, read);
    });
  }

  async needDiff(first: number, other: number): Promise<void> {
    const pair = Answers.pair(first, other);
    await this.#once(pair, this.diffs.has(pair), async () => {
      const read = await loaded(this.#backend.outboundDiff(first, other));
      this.diffs = kept(this.diffs, pair, read);
    });
  }

  /** Asks again for what could not be read. */
  retry(id: number): void {
    const details = new Map(this.details);
    details.delete(id);
    this.details = details;
    void this.need(id);
  }

  async #once(key: string, known: boolean, ask: () => Promise<void>): Promise<void> {
    if (known || this.#asked.has(key)) return;
    this.#asked.add(key);
    try {
      await ask();
    } finally {
      this.#asked.delete(key);
    }
  }
}

async function loaded<T>(asked: Promise<T>): Promise<Loaded<T>> {
  try {
    return { value: await asked };
  } catch (thrown) {
    return { error: asIpcError(thrown) };
  }
}

/** The oldest goes where there are too many. */
function kept<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  const next = new Map(map).set(key, value);
  for (const old of next.keys()) {
    if (next.size <= MOST_KEPT) break;
    next.delete(old);
  }
  return next;
}

/** What was sent on of the delivery that is open, newest first. */
export class Sent {
  /** The delivery. */
  of = $state<number | null>(null);
  list = $state.raw<readonly Outbound[]>([]);
  error = $state.raw<IpcError | null>(null);
  loaded = $state(false);
  /** The opened ones. */
  open = $state.raw<ReadonlySet<number>>(new Set());
  #asked = 0;
  readonly #backend: SentCalls;

  constructor(backend: SentCalls) {
    this.#backend = backend;
  }

  /** Another delivery is looked at. */
  async show(delivery: number | null): Promise<void> {
    if (delivery === this.of) return;
    this.of = delivery;
    this.list = [];
    this.error = null;
    this.loaded = false;
    this.open = new Set();
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const delivery = this.of;
    const asked = ++this.#asked;
    if (delivery === null) return;
    try {
      const list = await this.#backend.outbounds(delivery);
      if (asked !== this.#asked) return;
      this.list = list;
      this.error = null;
    } catch (thrown) {
      if (asked === this.#asked) this.error = asIpcError(thrown);
    } finally {
      if (asked === this.#asked) this.loaded = true;
    }
  }

  toggle(id: number): void {
    const next = new Set(this.open);
    if (!next.delete(id)) next.add(id);
    this.open = next;
  }

  /** Opens one of the list, once it is there. */
  async reveal(delivery: number, id: number): Promise<void> {
    await this.show(delivery);
    this.open = new Set([id]);
  }
}
