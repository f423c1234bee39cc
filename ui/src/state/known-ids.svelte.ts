import { SvelteMap } from "svelte/reactivity";
import type { Backend, KnownThing } from "../ipc";

/** What it asks of the back end. */
type Calls = Pick<Backend, "idsKnown">;

/** Ids of one question: what the back end takes. */
const AT_ONCE = 200;
/** What is not known is asked for again so often at most, where something became known meanwhile. */
const AGAIN_MS = 1000;

/** What the ids in one payload lead to. They are asked for as they come into sight, many at once. */
export class KnownIds {
  readonly #known = new SvelteMap<string, KnownThing>();
  readonly #asked = new Set<string>();
  readonly #project: number;
  readonly #backend: Calls;
  readonly #done: (ids: KnownIds) => void;
  #waiting: string[] = [];
  #asking = false;
  #gone = false;
  #askedAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(backend: Calls, project: number, done: (ids: KnownIds) => void) {
    this.#backend = backend;
    this.#project = project;
    this.#done = done;
  }

  of(id: string): KnownThing | null {
    return this.#known.get(id) ?? null;
  }

  /** These are in sight. Each is asked for once. */
  look(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#asked.has(id)) continue;
      this.#asked.add(id);
      this.#waiting.push(id);
    }
    if (!this.#asking && this.#waiting.length > 0) void this.#ask();
  }

  /** Something of a project became another: what led nowhere may lead somewhere now. */
  changed(project: number): void {
    if (project !== this.#project || this.#timer !== null || this.#gone || this.#asked.size === 0) return;
    const again = () => {
      this.#timer = null;
      const unknown = [...this.#asked].filter((id) => !this.#known.has(id) && !this.#waiting.includes(id));
      this.#waiting.push(...unknown.slice(0, AT_ONCE));
      if (!this.#asking && this.#waiting.length > 0) void this.#ask();
    };
    this.#timer = setTimeout(again, Math.max(0, this.#askedAt + AGAIN_MS - Date.now()));
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    // All that come into sight together are one question.
    await Promise.resolve();
    while (this.#waiting.length > 0 && !this.#gone) {
      this.#askedAt = Date.now();
      // What cannot be told stays plain text.
      const known = await this.#backend.idsKnown(this.#project, this.#waiting.splice(0, AT_ONCE)).catch(() => []);
      for (const { id, thing } of known) this.#known.set(id, thing);
    }
    this.#asking = false;
  }

  /** Nobody looks at the payload any more. */
  end(): void {
    this.#gone = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#done(this);
  }
}

/** The payloads that are on the screen, each with its ids. */
export class Known {
  readonly #shown = new Set<KnownIds>();
  readonly #backend: Calls;

  constructor(backend: Calls) {
    this.#backend = backend;
  }

  /** For one payload of a project; to be ended with it. */
  ids(project: number): KnownIds {
    const ids = new KnownIds(this.#backend, project, (one) => this.#shown.delete(one));
    this.#shown.add(ids);
    return ids;
  }

  changed(project: number): void {
    for (const ids of this.#shown) ids.changed(project);
  }
}
