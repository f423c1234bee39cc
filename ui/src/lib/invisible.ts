import { CANDIDATE, wholeEmoji } from "./emoji";

/**
 * Makes what the eye cannot see visible. A payload is written by whoever sent it: a right-to-left override in a file
 * name, a zero-width space in an id or a bare escape character must not pass for something else.
 */
export type Segment = { text: string; hidden: boolean };
/** A character that cannot be seen, and where it stands (code units). */
export type Mark = { index: number; char: string };
/** Which ends of lines and tabs are marked too: all; a CR that is not before an LF; every CR. */
export type Breaks = "all" | "lone" | "returns";

/*
 * Format characters that are drawn (the number signs of Arabic and their like), and tab, CR and LF, which `Breaks`
 * tells of.
 */
const DRAWN = String.raw`\t\n\r\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}`;
/*
 * All controls, format characters (bidi and zero-width marks, soft hyphen, tags, …), separators of lines and
 * paragraphs, whatever is drawn as nothing (fillers, variation selectors, …), and halves of surrogates. Braille's blank
 * is a picture of nothing.
 */
const UNSEEN = String.raw`\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800`;
const HIDDEN = `(?![${DRAWN}])[${UNSEEN}]`;
const BREAKS: Record<Breaks, string> = {
  all: String.raw`[\t\n\r]`,
  lone: String.raw`\r(?!\n)`,
  returns: String.raw`\r`,
};
const NAMES: Record<string, string> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };
const ANY = new RegExp(HIDDEN, "u");

/** What is to be looked at: an emoji with something unseen in it (first group), or a character to be marked. */
export const pattern = (breaks: Breaks): RegExp => new RegExp(`(${CANDIDATE})|${HIDDEN}|${BREAKS[breaks]}`, "gu");

/** `U+202E`. */
export function codePoint(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** What stands for a character that cannot be seen: `U+202E`, `\r`. */
export const markOf = (char: string): string => NAMES[char] ?? codePoint(char);

/** The characters of a text that cannot be seen, in order. Emoji are left whole. */
export function* marks(text: string, breaks: Breaks): Generator<Mark> {
  const finder = pattern(breaks);
  for (let match = finder.exec(text); match; match = finder.exec(text)) {
    const [char, candidate] = match;
    if (candidate === undefined) yield { index: match.index, char };
    // Where it is no emoji that anybody draws, what follows its first character is looked at for itself.
    else
      finder.lastIndex =
        match.index + (wholeEmoji(candidate) || String.fromCodePoint(candidate.codePointAt(0) ?? 0).length);
  }
}

/**
 * More marks than this in one text are set into the text itself: a megabyte of control characters must not become a
 * megabyte of elements.
 */
const MOST_SEGMENTS = 600;

/**
 * Splits a text into what can be shown as it is and marks for what cannot. `lines`: keep tabs and line feeds (a CR
 * alone is still marked).
 */
export function segments(text: string, lines = false): Segment[] {
  const parts: Segment[] = [];
  let plain = 0;
  for (const { index, char } of marks(text, lines ? "lone" : "all")) {
    if (index > plain) parts.push({ text: text.slice(plain, index), hidden: false });
    const mark = markOf(char);
    const last = parts.at(-1);
    if (last?.hidden && index === plain) last.text += ` ${mark}`;
    else parts.push({ text: mark, hidden: true });
    plain = index + char.length;
    if (parts.length > MOST_SEGMENTS) return [{ text: visible(text, lines), hidden: false }];
  }
  if (plain < text.length) parts.push({ text: text.slice(plain), hidden: false });
  return parts;
}

/** The same as one string: `a⟦U+202E⟧b`. For attributes, and for cells where one text node has to do. */
export function visible(text: string, lines = false): string {
  const parts: string[] = [];
  let plain = 0;
  for (const { index, char } of marks(text, lines ? "lone" : "all")) {
    parts.push(text.slice(plain, index), `⟦${markOf(char)}⟧`);
    plain = index + char.length;
  }
  return plain === 0 ? text : parts.join("") + text.slice(plain);
}

/** Whether anything in it cannot be seen, but for the ends of its lines. */
export function hasHidden(text: string): boolean {
  return ANY.test(text) && !marks(text, "lone").next().done;
}
