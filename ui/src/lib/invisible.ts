/**
 * Makes what the eye cannot see visible. A payload is written by whoever sent it: a right-to-left override in a file name, a zero-width
 * space in an id or a bare escape character must not pass for something else.
 */
export type Segment = { text: string; hidden: boolean };

/* C0 (but tab, LF, CR), DEL, C1, soft hyphen, bidi and zero-width marks, fillers, separators, invisible operators, annotation anchors,
   variation selectors supplement, tags, and surrogates without a partner. */
export const HIDDEN =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uFEFF\uFFA0\uFFF0-\uFFFB]|\uDB40[\uDC00-\uDDEF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const BREAKS = /[\t\n\r]/g;
const NAMES: Record<string, string> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** `U+202E`. */
export function codePoint(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** More marks than this in one text are set into the text itself: a megabyte of control characters must not become a megabyte of elements. */
const MOST_SEGMENTS = 600;

/** Splits a text into what can be shown as it is and marks for what cannot. `lines`: keep tabs and line feeds (a CR alone is still marked). */
export function segments(text: string, lines = false): Segment[] {
  const parts: Segment[] = [];
  let plain = 0;
  for (const match of finder(text, lines)) {
    if (match.index > plain) parts.push({ text: text.slice(plain, match.index), hidden: false });
    const mark = markOf(match.char);
    const last = parts.at(-1);
    if (last?.hidden && match.index === plain) last.text += ` ${mark}`;
    else parts.push({ text: mark, hidden: true });
    plain = match.index + match.char.length;
    if (parts.length > MOST_SEGMENTS) return [{ text: visible(text, lines), hidden: false }];
  }
  if (plain < text.length) parts.push({ text: text.slice(plain), hidden: false });
  return parts;
}

/** The same as one string: `a⟦U+202E⟧b`. For attributes, and for cells where one text node has to do. */
export function visible(text: string, lines = false): string {
  const wrap = (char: string) => `⟦${markOf(char)}⟧`;
  const marked = text.replace(HIDDEN, wrap);
  return lines ? marked.replace(/\r(?!\n)/g, wrap) : marked.replace(BREAKS, wrap);
}

export function hasHidden(text: string): boolean {
  HIDDEN.lastIndex = 0;
  return HIDDEN.test(text);
}

function markOf(char: string): string {
  return NAMES[char] ?? codePoint(char);
}

function* finder(text: string, lines: boolean): Generator<{ index: number; char: string }> {
  const pattern = new RegExp(lines ? `${HIDDEN.source}|\\r(?!\\n)` : `${HIDDEN.source}|[\\t\\n\\r]`, "g");
  for (const match of text.matchAll(pattern)) yield { index: match.index, char: match[0] };
}
