import { hasHidden, markOf, marks, segments } from "./invisible";
import { pieces } from "./needles";

/**
 * A part of a row as it is drawn. `from`: where it begins in the row's own text, which differs from what is drawn where
 * a mark stands for what cannot be seen.
 */
export type RowPart = { text: string; from: number; hidden: boolean; hit: boolean };

const LINE_END = /\r?\n$/;
const LONE_RETURN = /\r(?!\n)/;

/** A row's text without the end of its line. */
export const withoutEnd = (text: string): string => text.replace(LINE_END, "");

/**
 * Rows that follow each other, the ends of their lines with them, in parts. What is searched for is found across the
 * ends of rows too: a row may be the middle of a line.
 */
export function rowParts(texts: readonly string[], needles: readonly string[]): RowPart[][] {
  const hits = hitsOf(texts.join(""), needles);
  let at = 0;
  return texts.map((text) => {
    const parts = partsOf(withoutEnd(text), at, hits);
    at += text.length;
    return parts;
  });
}

type Span = { from: number; to: number };

function hitsOf(text: string, needles: readonly string[]): Span[] {
  if (needles.length === 0) return [];
  const found: Span[] = [];
  let from = 0;
  for (const piece of pieces(text, needles)) {
    const to = from + piece.text.length;
    if (piece.hit) found.push({ from, to });
    from = to;
  }
  return found;
}

/** `at`: where the row begins in the text that the hits are of. */
function partsOf(text: string, at: number, hits: readonly Span[]): RowPart[] {
  const parts: RowPart[] = [];
  const plain = (from: number, to: number, hit: boolean) => {
    if (from < to) parts.push({ text: text.slice(from, to), from, hidden: false, hit });
  };
  let done = 0;
  const upTo = (end: number) => {
    for (const hit of hits) {
      const [from, to] = [Math.max(done, hit.from - at), Math.min(end, hit.to - at)];
      if (from >= to) continue;
      plain(done, from, false);
      plain(from, to, true);
      done = to;
    }
    plain(done, end, false);
    done = end;
  };
  for (const { index, char } of marks(text, "lone")) {
    const last = index === done ? parts.at(-1) : undefined;
    upTo(index);
    if (last?.hidden) last.text += ` ${markOf(char)}`;
    else parts.push({ text: markOf(char), from: index, hidden: true, hit: false });
    done = index + char.length;
  }
  upTo(text.length);
  return parts;
}

/** A text with the marks that are drawn in it, as somebody copies it from the rows. */
export function asDrawn(text: string): string {
  if (!hasHidden(text) && !LONE_RETURN.test(text)) return text;
  return text
    .split(/(\r?\n)/)
    .flatMap((line, i) => (i % 2 ? [line] : segments(line, true).map((one) => one.text)))
    .join("");
}
