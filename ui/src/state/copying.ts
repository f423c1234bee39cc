import type { Backend } from "../ipc";
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
  readonly #backend: Pick<Backend, "copyAs">;

  constructor(
    clipboard: Clipboard,
    addresses: Pick<Addresses, "local" | "public">,
    detail: Pick<DetailState, "detail" | "payloadText">,
    toasts: Toasts,
    backend: Pick<Backend, "copyAs">,
  ) {
    this.#clipboard = clipboard;
    this.#addresses = addresses;
    this.#detail = detail;
    this.#toasts = toasts;
    this.#backend = backend;
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

  /** The command has the body in it: it is made when it is asked for, not with every delivery that is opened. */
  async curl(): Promise<boolean> {
    const id = this.#detail.detail?.row.id;
    if (id === undefined) return false;
    try {
      return await this.#clipboard.copy(await this.#backend.copyAs([id], "curl"), "cURL command");
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return false;
    }
  }
}
