import type { Backend, Detail, IpcError, Row } from "../ipc";
import { decoding } from "../lib/bytes";
import { asIpcError } from "../lib/errors";
import { inSlices } from "../lib/slices";

/** What it asks of the back end. */
type DetailCalls = Pick<Backend, "delivery" | "deliveryBody">;

export const TABS = ["event", "headers", "body", "attempts", "answer", "replays"] as const;
export type Tab = (typeof TABS)[number];
export type Body = { id: number; decoded: boolean; bytes: Uint8Array };

/** Larger bodies are fetched only when asked for. */
export const EAGER_BODY = 256 * 1024;
const REFRESH_MS = 120;

/**
 * The one delivery that is open. The last one stays on the screen until the next has come: no flash while moving with j
 * and k.
 */
export class DetailState {
  id = $state<number | null>(null);
  detail = $state.raw<Detail | null>(null);
  error = $state.raw<IpcError | null>(null);
  tab = $state<Tab>("event");
  body = $state.raw<Body | null>(null);
  bodyError = $state.raw<IpcError | null>(null);
  bodyLoading = $state(false);

  #refresh: ReturnType<typeof setTimeout> | null = null;
  /** The body that is under way: who asks for it meanwhile waits for the same one. */
  #fetching: { id: number; done: Promise<void> } | null = null;
  readonly #backend: DetailCalls;

  constructor(backend: DetailCalls) {
    this.#backend = backend;
  }

  async open(id: number): Promise<void> {
    if (this.id === id && this.detail?.row.id === id) return;
    this.id = id;
    await this.#load(id);
  }

  close(): void {
    this.id = null;
    this.detail = null;
    this.error = null;
    this.#dropBody();
  }

  async #load(id: number): Promise<void> {
    try {
      const detail = await this.#backend.delivery(id);
      if (this.id !== id) return;
      if (this.body?.id !== id) this.#dropBody();
      this.detail = detail;
      this.error = null;
      if (detail.body.kept_len > 0 && shownLength(detail) <= EAGER_BODY) void this.loadBody();
    } catch (thrown) {
      if (this.id !== id) return;
      this.detail = null;
      this.error = asIpcError(thrown);
    }
  }

  /**
   * A row changed (a diagnosis came in, another attempt arrived): read again if it is the open one, at most every 120
   * ms.
   */
  changed(rows: readonly Row[]): void {
    const id = this.id;
    const message = this.detail?.row.message_id ?? null;
    if (id !== null && rows.some((row) => row.id === id || (message !== null && row.message_id === message)))
      this.refresh();
  }

  /** These were changed by hand: what is open is read again if it is one of them. */
  touched(ids: readonly number[]): void {
    if (this.id !== null && ids.includes(this.id)) this.refresh();
  }

  /** What is open may have changed without a word. */
  refresh(): void {
    this.#refresh ??= setTimeout(() => {
      this.#refresh = null;
      if (this.id !== null) void this.#load(this.id);
    }, REFRESH_MS);
  }

  /** The bytes to show: decoded where a content-encoding could be undone, else as they arrived. */
  async loadBody(): Promise<void> {
    const detail = this.detail;
    if (!detail || this.body?.id === detail.row.id) return;
    const { id } = detail.row;
    if (this.#fetching?.id !== id) {
      const fetching = { id, done: this.#fetch(detail) };
      this.#fetching = fetching;
      void fetching.done.finally(() => {
        if (this.#fetching === fetching) this.#fetching = null;
      });
    }
    await this.#fetching?.done;
  }

  async #fetch(detail: Detail): Promise<void> {
    const decoded = detail.body.decoded_len !== null;
    this.bodyLoading = true;
    this.bodyError = null;
    try {
      const bytes = new Uint8Array(await this.#backend.deliveryBody(detail.row.id, decoded));
      if (this.id === detail.row.id) this.body = { id: detail.row.id, decoded, bytes };
    } catch (thrown) {
      if (this.id === detail.row.id) this.bodyError = asIpcError(thrown);
    } finally {
      if (this.id === detail.row.id) this.bodyLoading = false;
    }
  }

  /** The payload as text for the clipboard; fetched when it is not here yet. */
  async payloadText(): Promise<string | null> {
    if (!this.detail) return null;
    await this.loadBody();
    if (this.bodyError) throw this.bodyError;
    if (!this.body) return null;
    const decoded = await inSlices(decoding(this.body.bytes));
    // Of a byte order mark nobody who pastes the text knows.
    return decoded && decoded.text.replace(/^\uFEFF/, "");
  }

  #dropBody(): void {
    this.body = null;
    this.bodyError = null;
    this.bodyLoading = false;
  }
}

export function shownLength(detail: Detail): number {
  return detail.body.decoded_len ?? detail.body.kept_len;
}
