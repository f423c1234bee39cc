import type { Backend, Outcome, Row, SandboxDelivery } from "../ipc";
import { withChanged, withNewest, withOlder, type LogPart } from "../lib/sandbox-log";

/** What it asks of the back end. */
export type SandboxLogCalls = Pick<Backend, "delivery" | "sandboxDeliveries" | "sandboxDeliveryBody">;

export type Received = { outcome: Outcome; cause: string };

const PAGE = 100;
const MOST_VERDICTS = 2000;

/** The delivery log of the emulator, and beside it what Pollux made of each delivery it received. */
export class SandboxLog {
  part = $state.raw<LogPart>({ list: [], more: null });
  loaded = $state(false);
  loadingOlder = $state(false);
  /** Verdicts by the id of the delivery that Pollux received. */
  verdicts = $state.raw<ReadonlyMap<number, Received>>(new Map());

  /** The rows that are looked at: [first, last) of the list. */
  #seen: readonly [number, number] = [0, 0];
  readonly #asked = new Set<number>();
  readonly #backend: SandboxLogCalls;
  readonly #onError: (thrown: unknown) => void;

  constructor(backend: SandboxLogCalls, onError: (thrown: unknown) => void) {
    this.#backend = backend;
    this.#onError = onError;
  }

  /** Reads the newest page, and that which is looked at where it lies further down. Rejects when it cannot be read. */
  async refresh(): Promise<void> {
    const newest = await this.#backend.sandboxDeliveries(null, PAGE);
    this.part = withNewest(this.part, newest);
    this.loaded = true;
    const [first, last] = this.#seen;
    const top = this.part.list[first];
    if (last > PAGE && top)
      this.part = withChanged(this.part, await this.#backend.sandboxDeliveries(top.number + 1, PAGE));
    this.#askVerdicts();
  }

  async loadOlder(): Promise<void> {
    const before = this.part.more;
    if (before === null || this.loadingOlder) return;
    this.loadingOlder = true;
    try {
      const page = await this.#backend.sandboxDeliveries(before, PAGE);
      // A newer reading may have dropped what this page follows.
      if (this.part.more === before) this.part = withOlder(this.part, page);
    } catch (thrown) {
      this.#onError(thrown);
    } finally {
      this.loadingOlder = false;
    }
  }

  /** These rows are on the screen: their verdicts are wanted, and older ones when they end the list. */
  looking(first: number, last: number): void {
    this.#seen = [first, last];
    this.#askVerdicts();
    if (last >= this.part.list.length - 5) void this.loadOlder();
  }

  #askVerdicts(): void {
    const [first, last] = this.#seen;
    for (const delivery of this.part.list.slice(first, last)) {
      const id = delivery.received.at(-1);
      if (id !== undefined && !this.verdicts.has(id) && !this.#asked.has(id)) void this.#askVerdict(id);
    }
  }

  async #askVerdict(id: number): Promise<void> {
    this.#asked.add(id);
    try {
      const { row } = await this.#backend.delivery(id);
      this.#put([row]);
    } catch {
      // It is no longer in the history: the row says that it was received, and no more.
    }
  }

  /** Rows came by in the window's live messages. */
  note(rows: readonly Row[]): void {
    const ours = rows.filter((row) => row.sandbox);
    if (ours.length > 0) this.#put(ours);
  }

  #put(rows: readonly Row[]): void {
    const verdicts = new Map(this.verdicts);
    for (const row of rows) {
      verdicts.delete(row.id);
      verdicts.set(row.id, { outcome: row.outcome, cause: row.cause });
    }
    for (const id of verdicts.keys()) {
      if (verdicts.size <= MOST_VERDICTS) break;
      verdicts.delete(id);
      this.#asked.delete(id);
    }
    this.verdicts = verdicts;
  }

  /** The newest delivery that Pollux received of a message, with its verdict where it is known. */
  received(delivery: SandboxDelivery): { id: number; verdict: Received | undefined } | null {
    const id = delivery.received.at(-1);
    return id === undefined ? null : { id, verdict: this.verdicts.get(id) };
  }

  body(id: string): Promise<string> {
    return this.#backend.sandboxDeliveryBody(id);
  }
}
