import type {
  BodyChange,
  ChangeCounts,
  ChangeKind,
  Comparison,
  CompareLine,
  CompareSide,
  CompareValue,
  HexWindow,
  TransportRow,
} from "../ipc/generated";
import { count, plural } from "./format";

/** Where a difference stands: its plane, and its place in the list of that plane. */
export type Difference = { plane: "bytes" | "meaning" | "lines" | "transport"; at: number };

/** What a kind of difference is called, and its sign: it is never told by colour alone. */
export const KINDS: Record<ChangeKind, { sign: string; word: string; tone: "b" | "a" | "warn" }> = {
  changed: { sign: "≠", word: "Changed", tone: "warn" },
  rewritten: { sign: "≠", word: "Rewritten", tone: "warn" },
  removed: { sign: "−", word: "Removed", tone: "a" },
  added: { sign: "+", word: "Added", tone: "b" },
};

/** All differences in the order in which they stand on the screen. The bytes count where nothing else tells of them. */
export function differences({ bytes, meaning, transport }: Comparison): Difference[] {
  const told: Difference[] = [
    ...meaning.changes.map((_, at): Difference => ({ plane: "meaning", at })),
    ...hunks(meaning.lines).map((at): Difference => ({ plane: "lines", at })),
  ];
  const own: Difference[] = bytes.body === "differ" && told.length === 0 ? [{ plane: "bytes", at: 0 }] : [];
  return [...own, ...told, ...transport.changes.map((_, at): Difference => ({ plane: "transport", at }))];
}

/** Where lines that differ begin. */
export function hunks(lines: readonly CompareLine[]): number[] {
  const differs = (line: CompareLine | undefined) => line?.whose === "a" || line?.whose === "b";
  return lines.flatMap((line, at) => (differs(line) && !differs(lines[at - 1]) ? [at] : []));
}

/** `3 in meaning · 2 in transport` */
export function differenceWords({ bytes, meaning, transport }: Comparison): string {
  const all = (counts: ChangeCounts) => counts.changed + counts.added + counts.removed + counts.rewritten;
  const parts = [
    bytes.body === "differ" && all(meaning.counts) + meaning.differing_lines === 0 ? "the bytes" : "",
    all(meaning.counts) ? `${count(all(meaning.counts))} in meaning` : "",
    meaning.differing_lines ? `${plural(meaning.differing_lines, "line")} of text` : "",
    all(transport.counts) ? `${count(all(transport.counts))} in transport` : "",
  ].filter(Boolean);
  return parts.join(" · ") || "nothing that need not differ";
}

/** How much is the same, and not shown while only differences are. */
export function equalCount({ meaning, transport }: Comparison): number {
  return meaning.equal + transport.equal;
}

/** `1 rewritten · 1 removed`; empty where nothing differs. */
export function countWords(counts: ChangeCounts): string {
  const parts = (["changed", "rewritten", "removed", "added"] as const)
    .filter((kind) => counts[kind] > 0)
    .map((kind) => `${count(counts[kind])} ${kind}`);
  return parts.join(" · ");
}

export type HexRow = { offset: string; bytes: { hex: string; text: string; how: "" | "first" | "differs" }[] };
const ROW = 16;

/**
 * A window of bytes as rows of sixteen. `from`: the first byte that differs; `to`: where both are equal again, at their
 * ends; null, null: nothing differs.
 */
export function hexRows(window: HexWindow, from: number | null, to: number | null, rows: number): HexRow[] {
  const found: HexRow[] = [];
  const bytes = window.hex.match(/../g) ?? [];
  for (let at = 0; at < bytes.length && found.length < rows; at += ROW)
    found.push({
      offset: String(window.start + at).padStart(4, "0"),
      bytes: bytes.slice(at, at + ROW).map((hex, i) => {
        const place = window.start + at + i;
        const inside = from !== null && to !== null && place >= from && place < to;
        return { hex, text: glyph(hex), how: !inside ? "" : place === from ? "first" : "differs" };
      }),
    });
  return found;
}

/** A byte as it is drawn: ASCII as it is, a dot for everything else. */
export function glyph(hex: string): string {
  const byte = parseInt(hex, 16);
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·";
}

/** The byte at which they part, in hexadecimal; empty at the end of the body. */
export function byteAt(window: HexWindow, place: number): string {
  const at = (place - window.start) * 2;
  return at < 0 ? "" : window.hex.slice(at, at + 2);
}

/** `335 s later, as it should be` */
export function laterWords(seconds: number): string {
  if (seconds === 0) return "timestamp equal";
  return `timestamp ${count(Math.abs(seconds))}\u00A0s ${seconds > 0 ? "later" : "earlier"}`;
}

export const sameSide = (a: CompareSide | null, b: CompareSide | null): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** The id of a delivery; null for an answer. */
export const deliveryOf = (side: CompareSide | null): number | null =>
  side && "delivery" in side ? side.delivery : null;

/** How a value was cut: `… 4,000 bytes`. */
export const cutWords = (value: CompareValue): string => (value.cut ? `… ${plural(value.len, "byte")}` : "");

/** What a change is called aloud. */
export function changeWords(change: BodyChange | TransportRow): string {
  const name = "path" in change ? change.path || "the whole body" : change.name;
  return `${change.kind ? KINDS[change.kind].word : "Equal"}: ${name}`;
}
