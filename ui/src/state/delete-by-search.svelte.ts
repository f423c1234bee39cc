import type { Backend } from "../ipc";
import { asIpcError } from "../lib/errors";
import { whenStill } from "../lib/when-still";

/** What it asks of the back end. */
export type DeleteBySearchCalls = Pick<Backend, "queryRead" | "queryCounts">;

const TYPED_MS = 200;

/** A search that is typed to delete what it finds, and how many those are. */
export class DeleteBySearch {
  text = $state("");
  /** What is wrong with it; "": nothing. */
  problem = $state("");
  /** How many it finds; null: not known, or not yet. */
  count = $state<number | null>(null);
  /** It is being counted. */
  looking = $state(false);

  #token = 0;
  readonly #backend: DeleteBySearchCalls;
  readonly #ask: (query: string, count: number | null) => void;
  readonly #lookSoon = whenStill(() => void this.look(), TYPED_MS);

  /** `ask`: asks whether these are to be deleted. */
  constructor(backend: DeleteBySearchCalls, ask: (query: string, count: number | null) => void) {
    this.#backend = backend;
    this.#ask = ask;
  }

  /** What is typed can be asked about. */
  get ready(): boolean {
    return this.text.trim() !== "" && !this.looking && this.problem === "" && this.count !== 0;
  }

  type(text: string): void {
    this.text = text;
    this.problem = "";
    this.count = null;
    this.#token++;
    this.looking = text.trim() !== "";
    if (this.looking) this.#lookSoon();
  }

  /** Counts what it finds. An answer for what is no longer typed is dropped. */
  async look(): Promise<void> {
    const query = this.text.trim();
    const token = ++this.#token;
    this.looking = query !== "";
    if (query === "") return;
    try {
      const { problems } = await this.#backend.queryRead(query);
      if (token !== this.#token) return;
      this.problem = problems[0]?.message ?? "";
      const [found = null] = this.problem === "" ? await this.#backend.queryCounts([query]) : [];
      if (token === this.#token) this.count = found;
    } catch (thrown) {
      if (token !== this.#token) return;
      this.problem = asIpcError(thrown).message;
      this.count = null;
    } finally {
      if (token === this.#token) this.looking = false;
    }
  }

  /** Counts once more, since others may have come, and asks. */
  async ask(): Promise<void> {
    const query = this.text.trim();
    await this.look();
    if (query === this.text.trim() && this.ready) this.#ask(query, this.count);
  }
}
