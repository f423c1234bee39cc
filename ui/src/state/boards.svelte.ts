import type { Backend, IpcError, WebhookBoard } from "../ipc";
import { asIpcError } from "../lib/errors";

/** What it asks of the back end. */
export type BoardCalls = Pick<Backend, "webhooks" | "webhooksRefresh">;

/** What is known of the webhooks of each project, as it was read last. */
export class Boards {
  refreshing = $state(false);
  #boards = $state.raw<ReadonlyMap<number, WebhookBoard>>(new Map());
  /** Why a board could not be had at all. */
  #failures = $state.raw<ReadonlyMap<number, IpcError>>(new Map());
  readonly #backend: BoardCalls;
  /** Id of the project that is shown. */
  readonly #shown: () => number | undefined;
  #again = false;
  #reading: Promise<void> | null = null;

  constructor(backend: BoardCalls, shown: () => number | undefined) {
    this.#backend = backend;
    this.#shown = shown;
  }

  get board(): WebhookBoard | null {
    return this.#boards.get(this.#shown() ?? -1) ?? null;
  }

  /** What keeps the board from being up to date. */
  get error(): IpcError | null {
    return this.#failures.get(this.#shown() ?? -1) ?? this.board?.error ?? null;
  }

  /** Reads what is known. One reading at a time; what is asked for meanwhile is one more after it. */
  read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return this.#reading;
    }
    return (this.#reading = (async () => {
      do {
        this.#again = false;
        await this.#ask((project) => this.#backend.webhooks(project));
      } while (this.#again);
      this.#reading = null;
    })());
  }

  /** Asks the service. */
  async refresh(): Promise<void> {
    if (this.refreshing) return;
    this.refreshing = true;
    await this.#ask((project) => this.#backend.webhooksRefresh(project));
    this.refreshing = false;
  }

  async #ask(read: (project: number) => Promise<WebhookBoard>): Promise<void> {
    const project = this.#shown();
    if (project === undefined) return;
    const failures = new Map(this.#failures);
    try {
      const board = await read(project);
      // Two readings may come back in the other order: the newer one stays.
      const before = this.#boards.get(project)?.refreshed_ms ?? 0;
      if (board.refreshed_ms === null || board.refreshed_ms >= before)
        this.#boards = new Map(this.#boards).set(project, board);
      failures.delete(project);
    } catch (thrown) {
      failures.set(project, asIpcError(thrown));
    }
    this.#failures = failures;
  }
}
