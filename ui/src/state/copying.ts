import type { Detail } from "../ipc";
import type { Toasts } from "./toasts.svelte";

/** What there is to copy, and the way to the clipboard. */
interface Source {
  readonly toasts: Toasts;
  readonly localAddress: string | null;
  readonly publicAddress: string | null;
  readonly detail: { readonly detail: Detail | null; payloadText(): Promise<string | null> };
  copy(text: string, what: string): Promise<boolean>;
}

/** Copies what the window shows. Each answers true when it is on the clipboard. */
export class Copying {
  readonly #from: Source;

  constructor(from: Source) {
    this.#from = from;
  }

  /** The public address where there is one, the listener's otherwise. */
  async address(): Promise<boolean> {
    const { publicAddress } = this.#from;
    return publicAddress === null ? this.localAddress() : this.#from.copy(publicAddress, "Public address");
  }

  async localAddress(): Promise<boolean> {
    const { localAddress, toasts } = this.#from;
    if (localAddress !== null) return this.#from.copy(localAddress, "Local address");
    toasts.show("warning", "Nothing listens, so there is no address to copy.");
    return false;
  }

  async payload(): Promise<boolean> {
    try {
      const text = await this.#from.detail.payloadText();
      return text !== null && (await this.#from.copy(text, "Payload"));
    } catch (thrown) {
      this.#from.toasts.failed(thrown);
      return false;
    }
  }

  async curl(): Promise<boolean> {
    const { detail } = this.#from.detail;
    return detail !== null && this.#from.copy(detail.curl, "cURL command");
  }
}
