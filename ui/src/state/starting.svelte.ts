import type { Backend, IpcError, Recovery, StartFailure } from "../ipc";
import { asIpcError } from "../lib/errors";
import { recoveredDetail, recoveredWords } from "../lib/health";
import type { Clipboard } from "./clipboard";
import type { ToastButton, Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type StartCalls = Pick<
  Backend,
  "historyMoveAside" | "historyOpenOther" | "historyRecover" | "startAgain" | "startFailure"
>;

type Way = "again" | "aside" | "other" | "recover";

/**
 * What is done where Pollux could not start, or its history is damaged: each way tells where it failed, and leads back
 * to the start.
 */
export class Starting {
  /** What can be done about it; null while that is not known, or where the window failed and not the start. */
  failure = $state.raw<StartFailure | null>(null);
  busy = $state<Way | null>(null);
  /** Why the last thing tried did not help, where that is not what is shown already. */
  problem = $state.raw<IpcError | null>(null);
  /** Whether to recover is being asked. */
  asking = $state(false);
  /** The last thing tried was to recover, and that failed. */
  unrecovered = $state(false);
  /** Where the history is that was moved aside. */
  kept = $state<string | null>(null);
  /** The other history that this run works on. */
  opened = $state<string | null>(null);
  /** What a recovery came to that is not told yet. */
  #recovered: Recovery | null = null;
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

  /** What ran was ended for it, so the window starts again also where nothing came of it. */
  recover = (): Promise<void> =>
    this.#try("recover", async () => {
      try {
        this.#recovered = await this.#backend.historyRecover();
      } catch (thrown) {
        this.unrecovered = true;
        this.problem = asIpcError(thrown);
      }
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
    if (this.unrecovered) this.#toasts.failed(this.problem);
    if (this.#recovered !== null) this.#tellRecovered(this.#recovered);
    if (kept !== null)
      this.#toasts.show("info", `This is a new history. The one that did not open is kept at ${kept}.`, {
        lingerMs: 0,
        button: this.#copying(kept),
      });
    if (opened !== null)
      this.#toasts.show(
        "info",
        `This run uses ${path}. The next start opens ${this.failure?.path ?? "the usual history"} again.`,
        { lingerMs: 0 },
      );
    this.kept = this.opened = this.problem = this.#recovered = null;
    this.unrecovered = false;
  }

  #tellRecovered(recovery: Recovery): void {
    const detail = recoveredDetail(recovery);
    const whole = detail === null && recovery.of !== null && recovery.deliveries >= recovery.of;
    this.#toasts.show(whole ? "info" : "warning", recoveredWords(recovery), {
      detail,
      lingerMs: 0,
      button: this.#copying(recovery.kept),
    });
  }

  #copying(path: string): ToastButton {
    return { label: "Copy its path", run: () => void this.#clipboard.copy(path, "Path") };
  }

  copyKept = (): Promise<boolean> => this.#clipboard.copy(this.kept ?? "", "Path");

  /** `act`: false where there is nothing to start with. */
  async #try(way: Way, act: () => Promise<boolean>): Promise<void> {
    if (this.busy !== null) return;
    this.busy = way;
    this.problem = null;
    this.unrecovered = false;
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
