/** A value longer than this many characters is clamped where it stands among others. */
const LONG = 360;
const HEAD = 240;
const TAIL = 60;

/** The two ends of a long value; null for one that is shown whole. Counts code points, so no character is halved. */
export function clamped(text: string): { head: string; tail: string; length: number } | null {
  // As many code units hold no more code points: the usual text is not taken apart.
  if (text.length <= LONG) return null;
  const chars = [...text];
  if (chars.length <= LONG) return null;
  return { head: chars.slice(0, HEAD).join(""), tail: chars.slice(-TAIL).join(""), length: chars.length };
}
