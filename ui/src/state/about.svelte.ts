import type { AppState, Backend, BrokenKind, EventType, ReplayTwist, SampleType } from "../ipc";

type Told = Pick<
  AppState,
  "version" | "database" | "secret_store" | "event_types" | "sample_types" | "broken_kinds" | "twists"
>;

/**
 * What Pollux tells of itself when the window opens, and what stays like that: its catalogs, and where it keeps things.
 */
export class About {
  /** Null until it was told. */
  told = $state.raw<Told | null>(null);
  /** The version of what draws the window. Undefined: not asked yet; null: it does not say. */
  webview = $state<string | null>();
  readonly #backend: Pick<Backend, "webviewVersion">;

  constructor(backend: Pick<Backend, "webviewVersion">) {
    this.#backend = backend;
  }

  /** Asks once: it stays while the window is there. */
  async readWebview(): Promise<void> {
    if (this.webview !== undefined) return;
    // Nothing else depends on it: where it cannot be had, it is left out.
    this.webview = await this.#backend.webviewVersion().catch(() => null);
  }

  get eventTypes(): readonly EventType[] {
    return this.told?.event_types ?? [];
  }

  get sampleTypes(): readonly SampleType[] {
    return this.told?.sample_types ?? [];
  }

  get brokenKinds(): readonly BrokenKind[] {
    return this.told?.broken_kinds ?? [];
  }

  get twists(): readonly ReplayTwist[] {
    return this.told?.twists ?? [];
  }
}
