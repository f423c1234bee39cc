import type { Backend, CopyForm } from "../ipc";
import { FORM_NAMES } from "../lib/copy-forms";
import { plural } from "../lib/format";
import type { Clipboard } from "./clipboard";
import type { Copying } from "./copying";
import type { Selection } from "./selection.svelte";
import type { Toasts } from "./toasts.svelte";

/** Copies deliveries in the forms in which they go elsewhere. Each answers true when it is on the clipboard. */
export class CopyingAs {
  readonly #backend: Pick<Backend, "copyAs">;
  readonly #clipboard: Pick<Clipboard, "copy">;
  readonly #toasts: Toasts;
  readonly #one: Pick<Copying, "payload" | "curl">;
  readonly #selection: Pick<Selection, "size" | "inOrder">;

  constructor(
    backend: Pick<Backend, "copyAs">,
    toasts: Toasts,
    around: {
      clipboard: Pick<Clipboard, "copy">;
      one: Pick<Copying, "payload" | "curl">;
      selection: Pick<Selection, "size" | "inOrder">;
    },
  ) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#clipboard = around.clipboard;
    this.#one = around.one;
    this.#selection = around.selection;
  }

  /** The marked deliveries, or the open one. */
  async subject(form: "payload" | "curl"): Promise<boolean> {
    if (this.#selection.size > 0) return this.as(this.#selection.inOrder, form);
    return form === "payload" ? this.#one.payload() : this.#one.curl();
  }

  async as(ids: readonly number[], form: CopyForm): Promise<boolean> {
    if (ids.length === 0) return false;
    try {
      const text = await this.#backend.copyAs(ids, form);
      const name = FORM_NAMES[form];
      return await this.#clipboard.copy(
        text,
        ids.length === 1 ? name : `${plural(ids.length, "delivery", "deliveries")} as ${name}`,
      );
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return false;
    }
  }
}
