import type { Backend, Settings } from "../ipc";
import { dress } from "../lib/theme";
import { whenStill } from "../lib/when-still";
import type { Toasts } from "./toasts.svelte";

const SAVE_SPLIT_MS = 400;

/** What the user has set. */
export class SettingsState {
  /** Null until it was told. */
  current = $state.raw<Settings | null>(null);
  readonly #backend: Pick<Backend, "settingsSet">;
  readonly #saveSoon: () => void;

  constructor(backend: Pick<Backend, "settingsSet">, toasts: Toasts) {
    this.#backend = backend;
    this.#saveSoon = whenStill(() => {
      if (this.current) void this.save(this.current).catch((thrown: unknown) => toasts.failed(thrown));
    }, SAVE_SPLIT_MS);
  }

  /** The first ones, read with the window's state. */
  begin(settings: Settings): void {
    this.current = settings;
    dress(settings.theme);
  }

  /** Throws what the back end says: a form shows it beside its field. */
  async save(settings: Settings): Promise<void> {
    this.begin(await this.#backend.settingsSet(settings));
  }

  /** Remembers how the window is divided, once the hand is still. */
  saveSplit(split: number): void {
    if (!this.current) return;
    this.current = { ...this.current, split };
    this.#saveSoon();
  }
}
