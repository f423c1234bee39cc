import { createScanner } from "jsonc-parser";
import { ScanError, SyntaxKind } from "./json-tokens";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
/** What may stand behind a backslash. */
const ESCAPES = new Set([...'"\\/bfnrt'].map((char) => char.charCodeAt(0)));
const HEX = /^[\dA-Fa-f]{4}$/;

const isBlank = (char: number) => char === 0x20 || char === 0x0a || char === 0x0d || char === 0x09;

/**
 * The library's scanner for a text that may be long. White space and strings, either of which can be all of the text,
 * are read here, so that one can stop within them; what is wrong with a string is left to the library to say.
 */
export class JsonScanner {
  /** The token that was read last; `end` is exclusive. */
  token = 0;
  start = 0;
  end = 0;
  error: number = ScanError.None;
  /** How far the text was read. */
  at: number;
  /** A string that was begun: where it begins. */
  #begun = -1;
  readonly #text: string;
  readonly #scanner: ReturnType<typeof createScanner>;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
    this.#scanner = createScanner(text, false);
  }

  /** Reads the next token; false where that would go beyond `limit`, and calling it again goes on. */
  next(limit = Infinity): boolean {
    if (this.#begun < 0) {
      if (this.peek(limit) >= limit && this.at < this.#text.length) return false;
      if (this.#text.charCodeAt(this.at) !== QUOTE) return this.#ask(this.at);
      this.#begun = this.at++;
    }
    this.at = inString(this.#text, this.at, limit);
    if (this.at >= limit && this.at < this.#text.length) return false;
    const start = this.#begun;
    this.#begun = -1;
    if (this.#text.charCodeAt(this.at) !== QUOTE) return this.#ask(start);
    this.token = SyntaxKind.StringLiteral;
    this.error = ScanError.None;
    this.start = start;
    this.end = ++this.at;
    return true;
  }

  /** Where the next token begins. */
  peek(limit = Infinity): number {
    while (this.at < limit && isBlank(this.#text.charCodeAt(this.at))) this.at++;
    return this.at;
  }

  /** Goes on behind what need not be read. */
  skipTo(end: number): void {
    this.at = end;
  }

  #ask(at: number): true {
    this.#scanner.setPosition(at);
    this.token = this.#scanner.scan();
    this.error = this.#scanner.getTokenError();
    this.start = this.#scanner.getTokenOffset();
    this.at = this.end = this.#scanner.getPosition();
    return true;
  }
}

/** Reads on in a string: to its closing quote, to what does not belong in one, or to `limit`; no escape is halved. */
function inString(text: string, from: number, limit: number): number {
  const end = Math.min(text.length, limit);
  let at = from;
  for (; at < end; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE || char < 0x20) return at;
    if (char !== BACKSLASH) continue;
    const next = text.charCodeAt(at + 1);
    if (next === LETTER_U && HEX.test(text.slice(at + 2, at + 6))) at += 5;
    else if (ESCAPES.has(next)) at++;
    else return at;
  }
  return at;
}
