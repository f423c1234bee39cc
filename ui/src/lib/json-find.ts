import { READ_AT_ONCE } from "./json";
import { JsonScanner } from "./json-scan";
import { SyntaxKind } from "./json-tokens";
import type { Work } from "./slices";

/** A member of a container, from which on it can be read without its beginning. */
export type Anchor = { index: number; start: number };
/** Where something stands: a member of a container (`of`: its offset), which is a member of another, up to the root. */
export type Trail = { of: number; index: number; start: number; anchor: Anchor; outer: Trail | null };
/** A place in a key or a value of a text. */
export type Found = { offset: number; trail: Trail | null };

/** More places than this are not told apart. */
export const MOST_FOUND = 50_000;
/** Members of a container between two anchors. */
const ANCHORED = 50;
/** Characters that are searched without a stop. */
const SEARCHED_AT_ONCE = 128 * 1024;

/** What is looked for, as the search does: letters of ASCII are the same in upper and lower case. */
export function patternOf(sought: string): RegExp {
  const escaped = sought.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return new RegExp(
    escaped.replace(/[A-Za-z]/g, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`),
    "g",
  );
}

/**
 * Finds a text in the keys and values of checked JSON, as they are written, and puts the places into `found` in their
 * order, as it comes upon them. False: there are more.
 */
export function* finding(text: string, sought: string, found: Found[], most = MOST_FOUND): Work<boolean> {
  if (sought === "") return true;
  const places = yield* placesOf(text, sought);
  if (places.length === 0) return true;
  const walk = new Walk(text);
  let [next, behind, piece] = [0, 0, 0];
  for (;;) {
    const step = walk.step(piece + READ_AT_ONCE);
    if (step === "pause") {
      yield walk.at - piece;
      piece = walk.at;
      continue;
    }
    if (step === "end") return true;
    if (step === "other") continue;
    for (; (places[next] ?? Infinity) < walk.end; next++) {
      const place = places[next] ?? 0;
      // What begins before the token is in no value: brackets, commas, the space around them.
      if (place < walk.start || place < behind || place + sought.length > walk.end) continue;
      if (found.length >= most) return false;
      found.push({ offset: place, trail: walk.trail() });
      behind = place + sought.length;
    }
    if (next >= places.length) return true;
  }
}

/** Where a text has it, wherever that is. */
function* placesOf(text: string, sought: string): Work<number[]> {
  const pattern = patternOf(sought);
  const places: number[] = [];
  for (let from = 0; from < text.length; from += SEARCHED_AT_ONCE) {
    const part = text.slice(from, from + SEARCHED_AT_ONCE + sought.length - 1);
    pattern.lastIndex = 0;
    for (let match = pattern.exec(part); match; match = pattern.exec(part)) {
      if (match.index >= SEARCHED_AT_ONCE) break;
      places.push(from + match.index);
      // They may lie over each other: the first may be no hit, as it begins outside of a value.
      pattern.lastIndex = match.index + 1;
    }
    yield part.length;
  }
  return places;
}

/** Where a place of checked JSON stands; null for the root, and where there is no such place. */
export function* trailTo(text: string, offset: number): Work<Trail | null> {
  const walk = new Walk(text);
  let piece = 0;
  for (;;) {
    const step = walk.step(piece + READ_AT_ONCE);
    if (step === "end") return null;
    if (step !== "pause" && walk.end > offset) return walk.trail();
    if (step !== "pause") continue;
    yield walk.at - piece;
    piece = walk.at;
  }
}

type Frame = { of: number; object: boolean; wantsKey: boolean; index: number; start: number; anchor: Anchor };

/** Goes through the tokens of checked JSON, and knows in which members it is. */
class Walk {
  readonly #scanner: JsonScanner;
  readonly #frames: Frame[] = [];
  /** The trails of the members that it is in, as far in as they were asked for. */
  readonly #trails: Trail[] = [];

  constructor(text: string) {
    this.#scanner = new JsonScanner(text, text.startsWith("\uFEFF") ? 1 : 0);
  }

  get at(): number {
    return this.#scanner.at;
  }

  get start(): number {
    return this.#scanner.start;
  }

  get end(): number {
    return this.#scanner.end;
  }

  /** To the next token: a key, a value that is no container, or another. `pause`: that would go beyond `limit`. */
  step(limit: number): "value" | "other" | "pause" | "end" {
    const scanner = this.#scanner;
    if (!scanner.next(limit)) return "pause";
    const frame = this.#frames.at(-1);
    switch (scanner.token) {
      case SyntaxKind.EOF:
        return "end";
      case SyntaxKind.CommaToken:
        if (frame) frame.wantsKey = frame.object;
        return "other";
      case SyntaxKind.ColonToken:
        return "other";
      case SyntaxKind.CloseBraceToken:
      case SyntaxKind.CloseBracketToken:
        this.#frames.pop();
        if (this.#trails.length > this.#frames.length) this.#trails.length = this.#frames.length;
        return "other";
    }
    if (frame && (frame.wantsKey || !frame.object)) this.#begin(frame, scanner.start);
    if (frame?.wantsKey) frame.wantsKey = false;
    else if (scanner.token === SyntaxKind.OpenBraceToken || scanner.token === SyntaxKind.OpenBracketToken) {
      const object = scanner.token === SyntaxKind.OpenBraceToken;
      const anchor = { index: 0, start: 0 };
      this.#frames.push({ of: scanner.start, object, wantsKey: object, index: -1, start: 0, anchor });
      return "other";
    }
    return "value";
  }

  #begin(frame: Frame, start: number): void {
    frame.index++;
    frame.start = start;
    if (frame.index % ANCHORED === 0) frame.anchor = { index: frame.index, start };
    if (this.#trails.length >= this.#frames.length) this.#trails.length = this.#frames.length - 1;
  }

  /** Of the member that it is in. Those of the containers around it are shared with what else is in them. */
  trail(): Trail | null {
    for (let at = this.#trails.length; at < this.#frames.length; at++) {
      const frame = this.#frames[at];
      if (!frame || frame.index < 0) break;
      const { of, index, start, anchor } = frame;
      this.#trails.push({ of, index, start, anchor, outer: this.#trails[at - 1] ?? null });
    }
    return this.#trails.at(-1) ?? null;
  }
}
