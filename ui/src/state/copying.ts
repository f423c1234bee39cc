import type { Addresses } from "./addresses.svelte";
import type { Clipboard } from "./clipboard";
import type { DetailState } from "./detail.svelte";
import type { Toasts } from "./toasts.svelte";

/** Copies what the window shows. Each answers true when it is on the clipboard. */
export class Copying {
  readonly #clipboard: Clipboard;
  readonly #addresses: Pick<Addresses, "local" | "public">;
  readonly #detail: Pick<DetailState, "detail" | "payloadText">;
  readonly #toasts: Toasts;

  constructor(
    clipboard: Clipboard,
    addresses: Pick<Addresses, "local" | "public">,
    detail: Pick<DetailState, "detail" | "payloadText">,
    toasts: Toasts,
  ) {
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
}
