import type { Backend, HistorySizes, IpcError, KeepLimits, KeepPreview, Live } from "../ipc";
import { asIpcError } from "../lib/errors";
import type { Checked } from "../lib/health";
import { draftOfLimits, NO_LIMITS, readLimits, sameLimits, type LimitDraft, type LimitErrors } from "../lib/keep";
import { whenStill } from "../lib/when-still";
import type { Toasts } from "./toasts.svelte";
import type { Traffic } from "./traffic.svelte";

/** What it asks of the back end. */
export type HistoryCalls = Pick<
  Backend,
  "historyCheck" | "historySizes" | "keepPreview" | "keepSet" | "historyRebuild"
>;

const PREVIEW_MS = 250;

/** What the history consists of, the limits as they are typed, and what would go with them. */
export class HistoryState {
  /** Null until it was told. */
  sizes = $state.raw<HistorySizes | null>(null);
  error = $state.raw<IpcError | null>(null);
  /** The project whose limits are shown; null: those of all. */
  project = $state<number | null>(null);
  draft = $state.raw<LimitDraft>(draftOfLimits(NO_LIMITS));
  preview = $state.raw<KeepPreview | null>(null);
  previewing = $state(false);
  /** What the preview, or keeping to the limits, failed with. */
  failed = $state.raw<IpcError | null>(null);
  saving = $state(false);
  /** How far the rebuilding of an older file is; null: none is under way. */
  rebuild = $state.raw<{ done: number; total: number } | null>(null);
  /** A check is under way that the window asked for. */
  checking = $state(false);
  /** The last check that the window asked for. */
  checked = $state.raw<Checked | null>(null);
  /** Why it said nothing. */
  checkError = $state.raw<IpcError | null>(null);

  #token = 0;
  readonly #backend: HistoryCalls;
  readonly #toasts: Toasts;
  readonly #traffic: Pick<Traffic, "health">;
  readonly #lookSoon: () => void;

  constructor(backend: HistoryCalls, toasts: Toasts, traffic: Pick<Traffic, "health">) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#traffic = traffic;
    this.#lookSoon = whenStill(() => void this.#look(), PREVIEW_MS);
  }

  /** Another run has begun, of which nobody has asked anything. */
  begin(): void {
    this.checked = this.checkError = null;
  }

  live(message: Live): void {
    if (message.kind !== "rebuild") return;
    this.rebuild = message.done < message.total ? { done: message.done, total: message.total } : null;
    if (this.rebuild === null) void this.load();
  }

  /** The limits in force for what is shown; those of a project that has none are none. */
  get limits(): KeepLimits {
    const { sizes, project } = this;
    if (sizes === null) return NO_LIMITS;
    if (project === null) return sizes.limits;
    return sizes.per_project.find((one) => one.project === project)?.limits ?? NO_LIMITS;
  }

  /** What is kept of what is shown. */
  get kept(): { bytes: number; deliveries: number } | null {
    const { sizes, project } = this;
    if (sizes === null) return null;
    if (project === null) return { bytes: sizes.total_bytes, deliveries: sizes.deliveries };
    return sizes.per_project.find((one) => one.project === project) ?? { bytes: 0, deliveries: 0 };
  }

  readonly #read = $derived(readLimits(this.draft));

  get errors(): LimitErrors {
    return "errors" in this.#read ? this.#read.errors : {};
  }

  /** What is typed, where it can be read and is not what is in force. */
  get wanted(): KeepLimits | null {
    return "limits" in this.#read && !sameLimits(this.#read.limits, this.limits) ? this.#read.limits : null;
  }

  /** Something is typed that is not in force, right or wrong. */
  get changed(): boolean {
    return this.wanted !== null || "errors" in this.#read;
  }

  async load(): Promise<void> {
    try {
      const untouched = this.sizes === null || !this.changed;
      this.sizes = await this.#backend.historySizes();
      this.error = null;
      if (untouched) this.#reset();
    } catch (thrown) {
      this.error = asIpcError(thrown);
    }
  }

  choose(project: number | null): void {
    this.project = project;
    this.cancel();
  }

  type(change: Partial<LimitDraft>): void {
    this.draft = { ...this.draft, ...change };
    this.failed = null;
    this.#token++;
    this.previewing = this.wanted !== null;
    if (this.wanted === null) this.preview = null;
    else this.#lookSoon();
  }

  cancel(): void {
    this.#reset();
  }

  #reset(): void {
    this.#token++;
    this.draft = draftOfLimits(this.limits);
    this.preview = null;
    this.previewing = false;
    this.failed = null;
  }

  /** Asks what would go. An answer for what is no longer typed is dropped. */
  async #look(): Promise<void> {
    const { wanted, project } = this;
    if (wanted === null) return;
    const token = ++this.#token;
    try {
      const preview = await this.#backend.keepPreview(project, wanted);
      if (token === this.#token) this.preview = preview;
    } catch (thrown) {
      if (token !== this.#token) return;
      this.preview = null;
      this.failed = asIpcError(thrown);
    } finally {
      if (token === this.#token) this.previewing = false;
    }
  }

  /** Puts what is typed in force. */
  keep(): Promise<void> {
    return this.wanted === null ? Promise.resolve() : this.#set(this.wanted);
  }

  /** The project goes by the limits of all again. */
  asAll(): Promise<void> {
    return this.#set(null);
  }

  async #set(limits: KeepLimits | null): Promise<void> {
    if (this.saving) return;
    this.saving = true;
    try {
      await this.#backend.keepSet(this.project, limits);
      this.sizes = await this.#backend.historySizes();
      this.#reset();
      this.#toasts.info("The limits are set.");
    } catch (thrown) {
      this.failed = asIpcError(thrown);
    } finally {
      this.saving = false;
    }
  }

  /** Looks whether the history is whole: its structure, and with `thorough` every delivery. */
  async check(thorough: boolean): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    this.checkError = null;
    try {
      this.#traffic.health = await this.#backend.historyCheck(thorough);
      this.checked = { thorough, atMs: Date.now() };
    } catch (thrown) {
      this.checkError = asIpcError(thrown);
    } finally {
      this.checking = false;
    }
  }

  /** Makes a new file of an older one, which then gives space back. */
  async rebuildNow(): Promise<void> {
    if (this.rebuild !== null) return;
    this.rebuild = { done: 0, total: 1 };
    try {
      await this.#backend.historyRebuild();
    } catch (thrown) {
      this.#toasts.failed(thrown);
    } finally {
      this.rebuild = null;
      await this.load();
    }
  }
}
