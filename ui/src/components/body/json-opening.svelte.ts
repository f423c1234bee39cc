import type { JsonRead, JsonValue } from "../../lib/json";
import type { Trail } from "../../lib/json-find";
import {
  firstOpened,
  foldedTo,
  isContainer,
  jsonLines,
  FIRST_MEMBERS,
  MORE_MEMBERS,
  type Begun,
  type JsonLine,
  type Opened,
} from "../../lib/json-lines";
import { pathsOf } from "../../lib/json-path";
import { reading } from "../../lib/json";
import { inSlices, type Work } from "../../lib/slices";

/** A text that was read, with what of it is open at first. */
export type ReadTree = JsonRead & { opened: Opened };

/** A line, with what it is called while others open around it, and what its value is asked for as in a query. */
export type Entry = { line: JsonLine; key: string; field: string | null };

/** Members of a container that come before what is looked for are shown with it, up to so many. */
const NEAR = 1000;

export function* openingOf(text: string): Work<ReadTree> {
  const read = yield* reading(text);
  yield 0;
  return { ...read, opened: read.root ? firstOpened(text, read.root, read.shape) : new Map<number, number>() };
}

/** What of a tree is open, and the lines that come of it. */
export class JsonOpening {
  /** Folding to a depth left something closed: there was too much of it. */
  short = $state(false);
  #opened = $state.raw<Opened>(new Map());
  #begun = $state.raw<Begun>(new Map());
  readonly entries = $derived(this.#entries());
  readonly text: string;
  readonly #read: ReadTree & { root: JsonValue };
  #folding = new AbortController();

  constructor(text: string, read: ReadTree & { root: JsonValue }) {
    this.text = text;
    this.#read = read;
    this.#opened = read.opened;
  }

  #entries(): Entry[] {
    const { root, shape } = this.#read;
    const lines = jsonLines(this.text, root, this.#opened, shape, this.#begun);
    const paths = pathsOf(this.text, lines);
    return lines.map((line, i) => {
      const path = paths[i] ?? null;
      const field = path === null ? null : path.startsWith("[") ? `body${path}` : path && `body.${path}`;
      const of = line.at === "value" || line.at === "close" ? line.value.start : line.of;
      return { line, field, key: `${line.at} ${of}` };
    });
  }

  /** Opens what is closed, closes what is open, and shows more where that is asked for. */
  toggle(line: JsonLine): void {
    const opened = new Map(this.#opened);
    if (line.at === "more") opened.set(line.of, (opened.get(line.of) ?? 0) + MORE_MEMBERS);
    else if (line.at === "before") {
      opened.set(line.of, FIRST_MEMBERS);
      this.#begin(line.of, null);
    } else if (line.at === "value" && isContainer(line.value)) {
      if (line.open) opened.delete(line.value.start);
      else opened.set(line.value.start, FIRST_MEMBERS);
      this.#begin(line.value.start, null);
    } else return;
    this.#changed(opened);
  }

  #begin(of: number, anchor: Trail["anchor"] | null): void {
    const begun = new Map(this.#begun);
    if (anchor) begun.set(of, anchor);
    else begun.delete(of);
    this.#begun = begun;
  }

  #changed(opened: Opened): void {
    this.#folding.abort();
    this.short = false;
    this.#opened = opened;
  }

  /** Opens all that is less than so many levels in, and closes the rest. */
  async fold(depth: number): Promise<void> {
    this.#folding.abort();
    const { signal } = (this.#folding = new AbortController());
    const { root, shape } = this.#read;
    const folded = await inSlices(foldedTo(this.text, root, depth, shape), { signal });
    if (!folded || signal.aborted) return;
    this.#begun = new Map();
    this.#opened = folded.opened;
    this.short = !folded.whole;
  }

  /** Opens all that is around a place. Far into a container, what is shown of it begins near the place. */
  reveal(trail: Trail | null): void {
    const opened = new Map(this.#opened);
    for (let at = trail; at; at = at.outer) {
      const { of, index } = at;
      const first = this.#begun.get(of)?.index ?? 0;
      const shown = opened.get(of) ?? 0;
      if (index >= first && index < first + shown) continue;
      this.#begin(of, index < NEAR ? null : at.anchor);
      opened.set(of, index < NEAR ? Math.max(FIRST_MEMBERS, index + 1) : FIRST_MEMBERS);
    }
    this.#changed(opened);
  }

  destroy(): void {
    this.#folding.abort();
  }
}
