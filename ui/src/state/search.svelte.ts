import type { Backend, GrammarField, IpcError, QueryRead, Searches } from "../ipc";
import { asIpcError } from "../lib/errors";
import { needlesOf, type Needle } from "../lib/needles";
import { withRange, withTerm, without } from "../lib/query-text";
import type { Deliveries } from "./deliveries.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type SearchCalls = Pick<
  Backend,
  "queryRead" | "queryGrammar" | "searches" | "searchSave" | "searchForget" | "searchUsed"
>;

/** Between the last key and the search for what was typed. */
const TYPED_MS = 120;
/** A search that stood this long was meant: it goes to the recent ones. */
const USED_MS = 4000;
const NOTHING: QueryRead = { parts: [], problems: [], canonical: "" };

/**
 * What stands in the search box, and how the back end reads it. A text that is understood becomes the list's query,
 * after a moment while it is typed; one that is not leaves the list as it is and says where it is wrong.
 */
export class Search {
  /** As it is typed. */
  text = $state("");
  /** How it is read; of the text before while the answer for this one is on its way. */
  read = $state.raw<QueryRead>(NOTHING);
  /** The text that `read` is of. */
  readOf = $state("");
  /** What can be typed is shown. */
  sheet = $state(false);
  grammar = $state.raw<readonly GrammarField[]>([]);
  searches = $state.raw<Searches>({ recent: [], saved: [] });
  /** Rises when the box is to take the focus, with everything in it selected. */
  focuses = $state(0);
  /** Rises when the text was set from elsewhere than the box. */
  sets = $state(0);
  /** What the list's query looks for: to be marked wherever it is shown. */
  readonly needles: readonly Needle[] = $derived.by(() =>
    this.#list.read === null || this.#list.of === null ? [] : needlesOf(this.#list.of, this.#list.read.parts),
  );

  #typing: ReturnType<typeof setTimeout> | null = null;
  #using: ReturnType<typeof setTimeout> | null = null;
  #token = 0;
  readonly #backend: SearchCalls;
  readonly #toasts: Toasts;
  readonly #list: Deliveries;

  constructor(backend: SearchCalls, toasts: Toasts, list: Deliveries) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#list = list;
    // Whoever gives the list another query: the box says it.
    list.onquery = (query) => this.#follow(query);
  }

  /** Typed, but the list is not of it yet. */
  get pending(): boolean {
    return this.text.trim() !== this.#list.query && this.problems.length === 0;
  }

  /** What is wrong with the text. Of the text before, nothing is said. */
  get problems(): QueryRead["problems"] {
    return this.readOf === this.text ? this.read.problems : [];
  }

  /** Typed into the box. */
  type(text: string): void {
    if (text === this.text) return;
    this.text = text;
    this.#stop();
    const reading = this.#reading(text);
    this.#typing = setTimeout(() => {
      this.#typing = null;
      void reading.then((fine) => fine && text === this.text && this.#list.setQuery(text.trim()));
    }, TYPED_MS);
  }

  /** Puts a text into the box and searches for it at once. */
  async set(text: string): Promise<void> {
    this.#put(text);
    if (await this.#reading(text)) this.#apply(text);
  }

  /** Searches at once for what is typed, and keeps it among the recent ones. */
  async submit(): Promise<void> {
    const { text } = this;
    if (!(await this.#reading(text)) || text !== this.text) return;
    this.#apply(text);
    this.#used(text.trim());
  }

  #apply(text: string): void {
    if (text !== this.text) return;
    this.#stop();
    this.#list.setQuery(text.trim());
  }

  #put(text: string): void {
    this.#stop();
    this.text = text;
    this.sets++;
  }

  /** Reads it; true when it was understood. */
  async #reading(text: string): Promise<boolean> {
    const token = ++this.#token;
    try {
      const read = text.trim() === "" ? NOTHING : await this.#backend.queryRead(text);
      if (token !== this.#token) return false;
      this.read = read;
      this.readOf = text;
      return read.problems.length === 0;
    } catch (thrown) {
      if (token === this.#token) this.#toasts.failed(thrown);
      return false;
    }
  }

  /** The text with one more part, as `add` makes it. */
  with(field: string, value: string, negated = false): string {
    return withTerm(this.text, field, value, negated);
  }

  /** Narrows by a value, or excludes it. `field`: as in a query (`type`, `header.host`, `body.data.id`); "": text. */
  add(field: string, value: string, negated = false): void {
    void this.set(this.with(field, value, negated));
  }

  /** Takes a part of the text out. */
  remove(start: number, end: number): void {
    void this.set(without(this.text, start, end));
  }

  /** Takes out a part as Pollux writes it: the one that removes everything. */
  removePart(part: string): void {
    const text = this.read.canonical.includes(part) ? this.read.canonical : this.text;
    const at = text.indexOf(part);
    if (at < 0) this.clear();
    else void this.set(without(text, at, at + part.length));
  }

  /** Puts the nearest right form in the place of what is wrong; where that is nothing, the part is left out. */
  fix(problem: QueryRead["problems"][number] | undefined = this.problems[0]): void {
    if (!problem || problem.nearest === null) return;
    const { start, end, nearest } = problem;
    if (nearest === "") this.remove(start, end);
    else void this.set(this.text.slice(0, start) + nearest + this.text.slice(end));
  }

  /** Sets the range of time, in Unix milliseconds. */
  range(from: number | null, to: number | null): void {
    void this.set(withRange(this.text, from, to));
  }

  clear(): void {
    void this.set("");
  }

  focus(): void {
    this.focuses++;
  }

  /** The list was given another query by somebody else. */
  #follow(query: string): void {
    if (query === this.text.trim()) return this.#noteSoon(query);
    this.#put(query);
    void this.#reading(query);
    this.#noteSoon(query);
  }

  #stop(): void {
    if (this.#typing) clearTimeout(this.#typing);
    this.#typing = null;
  }

  #noteSoon(query: string): void {
    if (this.#using) clearTimeout(this.#using);
    this.#using = query === "" ? null : setTimeout(() => this.#used(query), USED_MS);
  }

  #used(query: string): void {
    if (this.#using) clearTimeout(this.#using);
    this.#using = null;
    if (query === "") return;
    // Its place among the recent ones is not worth an error.
    void this.#backend.searchUsed(query).then(
      () => this.load(),
      () => undefined,
    );
  }

  async load(): Promise<void> {
    try {
      this.searches = await this.#backend.searches();
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  async loadGrammar(): Promise<void> {
    if (this.grammar.length > 0) return;
    try {
      this.grammar = await this.#backend.queryGrammar();
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  /** The name under which the list's query is saved, or null. */
  get savedAs(): string | null {
    const text = this.text.trim();
    return text === "" ? null : (this.searches.saved.find((one) => one.query === text)?.name ?? null);
  }

  /** What keeps it from being saved, or null. */
  async save(name: string): Promise<IpcError | null> {
    return this.#change(() => this.#backend.searchSave(name.trim(), this.text.trim()));
  }

  async forget(name: string): Promise<IpcError | null> {
    return this.#change(() => this.#backend.searchForget(name));
  }

  async #change(call: () => Promise<Searches>): Promise<IpcError | null> {
    try {
      this.searches = await call();
      return null;
    } catch (thrown) {
      return asIpcError(thrown);
    }
  }
}
