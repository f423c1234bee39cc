import type { IpcError } from "../ipc";

/** Longer than any name; a whole page that was dropped by mistake is cut. */
const LONGEST = 2000;

/** A job that is opened by its id: typed, pasted, or dropped on the view. */
export class JobById {
  text = $state("");
  /** Why it was not opened. */
  error = $state.raw<IpcError | null>(null);
  busy = $state(false);

  readonly #open: (text: string) => Promise<IpcError | null>;
  readonly #show: (shown: boolean) => void;

  /** `open`: null when it was opened. `show`: shows the dialog, or closes it. */
  constructor(open: (text: string) => Promise<IpcError | null>, show: (shown: boolean) => void) {
    this.#open = open;
    this.#show = show;
  }

  set(text: string): void {
    this.text = text;
    this.error = null;
  }

  async go(): Promise<void> {
    const text = this.text.trim();
    if (text === "" || this.busy) return;
    this.busy = true;
    this.error = await this.#open(text);
    this.busy = false;
    if (this.error) return;
    this.text = "";
    this.#show(false);
  }

  /** The dialog says that it is asked for, or what is wrong. */
  drop(text: string): Promise<void> {
    this.set(text.trim().slice(0, LONGEST));
    this.#show(true);
    return this.go();
  }
}
