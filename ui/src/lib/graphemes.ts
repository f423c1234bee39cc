const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
/** What is only ASCII needs no look: one character is one code unit. */
const PLAIN = /^[ -~]*$/;

/**
 * A text in what one sees as its characters: an emoji, an accent and a mark of `visible` are not halved where a text is
 * cut.
 */
export function graphemes(text: string): string[] {
  if (PLAIN.test(text)) return [...text];
  return text
    .split(/(⟦[^⟧]*⟧)/)
    .flatMap((part, i) => (i % 2 ? [part] : Array.from(segmenter.segment(part), (one) => one.segment)));
}

/** How far around a cut is looked: longer than any emoji. */
const REACH = 64;

/** The first place from `at` on (code units) where a text can be cut without halving a character. */
export function cutAfter(text: string, at: number): number {
  const from = Math.max(0, at - REACH);
  const part = text.slice(from, at + REACH);
  const within = segmenter.segment(part).containing(at - from);
  if (!within || within.index === at - from) return at;
  const to = within.index + within.segment.length;
  // One that is longer than is looked at is cut in its middle.
  return to === part.length && from + to < text.length ? at : from + to;
}

/** The last place up to `at` (code units) where a text can be cut without halving a character. */
export function cutBefore(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const from = Math.max(0, at - REACH);
  const within = segmenter.segment(text.slice(from, at + REACH)).containing(at - from)?.index ?? at - from;
  // One that is longer is cut in its middle: cutting at its start would never advance.
  return within === 0 ? at : from + within;
}
