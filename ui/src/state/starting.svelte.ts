import type { Backend, IpcError, StartFailure } from "../ipc";
import { asIpcError } from "../lib/errors";
import type { Clipboard } from "./clipboard";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type StartCalls = Pick<Backend, "historyMoveAside" | "historyOpenOther" | "startAgain" | "startFailure">;

type Way = "again" | "aside" | "other";

/** What is done where Pollux could not start: each way tells where it failed, and leads back to the start. */
export class Starting {
  /** What can be done about it; null while that is not known, or where the window failed and not the start. */
  failure = $state.raw<StartFailure | null>(null);
  busy = $state<Way | null>(null);
  /** Why the last thing tried did not help, where that is not what is shown already. */
  problem = $state.raw<IpcError | null>(null);
  /** Where the history is that was moved aside. */
  kept = $state<string | null>(null);
  /** The other history that this run works on. */
  opened = $state<string | null>(null);
  readonly #backend: StartCalls;
  readonly #toasts: Toasts;
  readonly #clipboard: Clipboard;
  readonly #start: () => Promise<void>;

  /** `start`: how the window starts. */
  constructor(backend: StartCalls, toasts: Toasts, clipboard: Clipboard, start: () => Promise<void>) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#clipboard = clipboard;
    this.#start = start;
  }

  /** Asks what can be done. */
  async look(): Promise<void> {
    try {
      this.failure = await this.#backend.startFailure();
    } catch (thrown) {
      this.failure = null;
      this.problem = asIpcError(thrown);
    }
  }

  again = (): Promise<void> =>
    this.#try("again", async () => {
      await this.#backend.startAgain();
      return true;
    });

  /** Two steps: what was moved is told, also where the new start then fails. */
  aside = (): Promise<void> =>
    this.#try("aside", async () => {
      this.kept = await this.#backend.historyMoveAside();
      await this.#backend.startAgain();
      return true;
    });

  /** For this run only. */
  other = (): Promise<void> =>
    this.#try("other", async () => {
      const opened = await this.#backend.historyOpenOther();
      if (opened === null) return false;
      this.opened = opened;
      return true;
    });

  /**
   * The start went well after all: says which history this is, and where the other one is. It stays until it is put
   * away.
   */
  tell(path: string): void {
    const { kept, opened } = this;
    if (kept !== null)
      this.#toasts.show("info", `This is a new history. The one that did not open is kept at ${kept}.`, {
        lingerMs: 0,
        button: { label: "Copy its path", run: () => void this.#clipboard.copy(kept, "Path") },
      });
    if (opened !== null)
      this.#toasts.show(
        "info",
        `This run uses ${path}. The next start opens ${this.failure?.path ?? "the usual history"} again.`,
        { lingerMs: 0 },
      );
    this.kept = this.opened = null;
  }

  copyKept = (): Promise<boolean> => this.#clipboard.copy(this.kept ?? "", "Path");

  /** `act`: false where there is nothing to start with. */
  async #try(way: Way, act: () => Promise<boolean>): Promise<void> {
    if (this.busy !== null) return;
    this.busy = way;
    this.problem = null;
    try {
      if (await act()) await this.#start();
    } catch (thrown) {
      this.problem = asIpcError(thrown);
      await this.look();
    } finally {
      this.busy = null;
    }
  }
}
