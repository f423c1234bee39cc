import type { Backend, IpcError, TurnedAway } from "../ipc";
import { asIpcError } from "../lib/errors";

/** What it asks of the back end. */
type TurnedAwayCalls = Pick<Backend, "turnedAway">;

const PAGE = 100;

/** What was turned away, as it was read last. */
export class TurnedAwayList {
  view = $state.raw<TurnedAway | null>(null);
  error = $state.raw<IpcError | null>(null);
  #limit = PAGE;
  #reading = false;
  /** Something changed while it was read. */
  #again = false;
  readonly #backend: TurnedAwayCalls;

  constructor(backend: TurnedAwayCalls) {
    this.#backend = backend;
  }

  /** More are remembered than are shown. */
  get more(): boolean {
    return this.view !== null && this.view.newest.length < this.view.remembered;
  }

  /** Reads it; while it is being read, once more after that. */
  async load(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    try {
      do {
        this.#again = false;
        this.view = await this.#backend.turnedAway(this.#limit);
        this.error = null;
      } while (this.#again);
    } catch (thrown) {
      this.error = asIpcError(thrown);
    } finally {
      this.#reading = false;
    }
  }

  async older(): Promise<void> {
    this.#limit += 3 * PAGE;
    await this.load();
  }
}
