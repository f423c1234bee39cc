import type { Backend, CopyForm } from "../ipc";
import { FORM_NAMES } from "../lib/copy-forms";
import { plural } from "../lib/format";
import type { Addresses } from "./addresses.svelte";
import type { Clipboard } from "./clipboard";
import type { DetailState } from "./detail.svelte";
import type { Selection } from "./selection.svelte";
import type { Toasts } from "./toasts.svelte";

/** Copies what the window shows. Each answers true when it is on the clipboard. */
export class Copying {
  readonly #clipboard: Clipboard;
  readonly #addresses: Pick<Addresses, "local" | "public">;
  readonly #detail: Pick<DetailState, "detail" | "payloadText">;
  readonly #toasts: Toasts;
  readonly #backend: Pick<Backend, "copyAs">;
  readonly #selection: () => Pick<Selection, "size" | "inOrder">;

  constructor(
    backend: Pick<Backend, "copyAs">,
    clipboard: Clipboard,
    addresses: Pick<Addresses, "local" | "public">,
    detail: Pick<DetailState, "detail" | "payloadText">,
    toasts: Toasts,
    selection: () => Pick<Selection, "size" | "inOrder">,
  ) {
    this.#backend = backend;
    this.#selection = selection;
    this.#clipboard = clipboard;
    this.#addresses = addresses;
    this.#detail = detail;
    this.#toasts = toasts;
  }

  /** The public address where there is one, the listener's otherwise. */
  async address(): Promise<boolean> {
    const address = this.#addresses.public;
    return address === null ? this.localAddress() : this.#clipboard.copy(address, "Public address");
  }

  async localAddress(): Promise<boolean> {
    const address = this.#addresses.local;
    if (address !== null) return this.#clipboard.copy(address, "Local address");
    this.#toasts.show("warning", "Pollux is not listening, so there is no address to copy.");
    return false;
  }

  async payload(): Promise<boolean> {
    try {
      const text = await this.#detail.payloadText();
      return text !== null && (await this.#clipboard.copy(text, "Payload"));
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return false;
    }
  }

  async curl(): Promise<boolean> {
    const { detail } = this.#detail;
    return detail !== null && this.#clipboard.copy(detail.curl, "cURL command");
  }

  /** The marked deliveries, or the open one. */
  async subject(form: "payload" | "curl"): Promise<boolean> {
    const selection = this.#selection();
    if (selection.size > 0) return this.as(selection.inOrder, form);
    return form === "payload" ? this.payload() : this.curl();
  }

  /** Deliveries in one of the forms in which they go elsewhere. */
  async as(ids: readonly number[], form: CopyForm): Promise<boolean> {
    if (ids.length === 0) return false;
    try {
      const text = await this.#backend.copyAs(ids, form);
      const what = ids.length === 1 ? FORM_NAMES[form] : `${plural(ids.length, "delivery", "deliveries")} as ${FORM_NAMES[form]}`;
      return await this.#clipboard.copy(text, what);
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return false;
    }
  }
}
