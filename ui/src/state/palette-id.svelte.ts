import type { Backend } from "../ipc";
import { plural } from "../lib/format";
import { idEntries, type IdAround, type IdKnown } from "../lib/palette-found";
import { readId } from "../lib/palette-id";
import { term } from "../lib/query-text";

/** What it asks of the back end. */
export type IdCalls = Pick<Backend, "idFind" | "outbounds" | "queryCounts">;

/** An id that was typed or pasted, and what it leads to. */
export class PaletteId {
  /** Told once it is known what an id leads to. */
  onfound: () => void = () => undefined;
  #known = $state.raw<IdKnown | null>(null);
  #asked = 0;
  readonly #backend: IdCalls;
  readonly #around: () => IdAround;
  readonly #failed: (thrown: unknown) => void;

  constructor(backend: IdCalls, around: () => IdAround, failed: (thrown: unknown) => void) {
    this.#backend = backend;
    this.#around = around;
    this.#failed = failed;
  }

  readonly entries = $derived.by(() => (this.#known === null ? [] : idEntries(this.#known, this.#around())));

  /** `1 delivery`, `nothing kept`; null where no id was typed, or nothing is known of it yet. */
  get words(): string | null {
    const found = this.#known?.found;
    if (!found || this.entries.length === 0) return null;
    const { delivery, jobs, webhooks } = found;
    const parts = [
      delivery ? plural(delivery.message_id === null ? 1 : delivery.attempts, "delivery", "deliveries") : "",
      jobs.length > 0 ? plural(jobs.length, "job") : "",
      webhooks.length > 0 ? plural(webhooks.length, "webhook") : "",
    ];
    return parts.filter(Boolean).join(", ") || "nothing kept";
  }

  forget(): void {
    this.#asked++;
    this.#known = null;
  }

  /** Looks for what was typed, if it looks like an id. */
  async find(text: string): Promise<void> {
    const read = readId(text);
    if (read !== null && read.id === this.#known?.read.id) return;
    this.forget();
    if (read === null) return;
    const asked = this.#asked;
    this.#known = { read, found: null, sent: null, within: null };
    try {
      const found = await this.#backend.idFind(read.id);
      if (asked !== this.#asked) return;
      this.#known = { read, found, sent: null, within: null };
      this.onfound();
      const [sent, counts] = await Promise.all([
        // What they add is not worth an error.
        found.delivery && this.#backend.outbounds(found.delivery.id).catch(() => null),
        read.kind === "number" ? [] : this.#backend.queryCounts([term("", read.id)]).catch(() => []),
      ]);
      if (asked === this.#asked) this.#known = { read, found, sent, within: counts[0] ?? null };
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.#known = null;
      this.#failed(thrown);
    }
  }
}
