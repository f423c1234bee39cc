/**
 * Emoji that are made of several characters. The joiners and selectors in them cannot be seen, and are no trick: they
 * belong to the picture. Anywhere else they are marked (`invisible.ts`).
 */

const ELEMENT = String.raw`\p{Emoji}(?:\p{Emoji_Modifier}|\uFE0F\u20E3?|\uFE0E)?`;
/** No sequence in use has more joiners than three: a flood of them costs no more than its length. */
const MOST_JOINED = 4;

/**
 * Source of a pattern (flag `u`) for what may be such an emoji. It starts with one, and something in it cannot be seen.
 */
export const CANDIDATE = String.raw`\u{1F3F4}[\u{E0061}-\u{E007A}]{2,6}\u{E007F}|(?=\p{Emoji}\p{Emoji_Modifier}?[\uFE0E\uFE0F\u200D])${ELEMENT}(?:\u200D${ELEMENT}){0,${MOST_JOINED}}`;

const PRESENTED = /^\p{Emoji_Presentation}/u;
const MODIFIER = /\p{Emoji_Modifier}/u;
/**
 * The sequences that systems draw (UTS 51, ED-27). Null where the engine is too old to know them: their joiners are
 * marked there.
 */
const RECOMMENDED = ((): RegExp | null => {
  try {
    return new RegExp(String.raw`^\p{RGI_Emoji}$`, "v");
  } catch {
    return null;
  }
})();

/** What was asked before: a page shows the same few over and over, and asking takes the engine its time. */
const asked = new Map<string, boolean>();
const MOST_ASKED = 2000;

function drawn(sequence: string): boolean {
  let answer = asked.get(sequence);
  if (answer === undefined) {
    answer = RECOMMENDED?.test(sequence) ?? false;
    if (asked.size >= MOST_ASKED) asked.clear();
    asked.set(sequence, answer);
  }
  return answer;
}

/** As the recommended sequences are written: many senders leave out a selector, or add one. */
function qualified(element: string): string {
  const [base = "", second = ""] = element;
  if (MODIFIER.test(second)) return base + second;
  if (element.endsWith("\u20E3")) return `${base}\uFE0F\u20E3`;
  return PRESENTED.test(base) ? base : `${base}\uFE0F`;
}

/** How many code units at the start of a candidate are one emoji to be shown whole; 0: none are. */
export function wholeEmoji(candidate: string): number {
  if (candidate.includes("\u{E007F}")) return drawn(candidate) ? candidate.length : 0;
  const elements = candidate.split("\u200D");
  for (let many = elements.length; many > 0; many--) {
    const taken = elements.slice(0, many);
    if (many === 1 && !/[\uFE0E\uFE0F]/.test(taken[0] ?? "")) return 0;
    if (drawn(taken.map(qualified).join("\u200D"))) return taken.join("\u200D").length;
  }
  return 0;
}
