import type { QueryPart } from "../ipc/generated";
import { parts, unquoted } from "./query-text";

/**
 * A piece of text that a query looks for. `field`: where it is looked for (`header.x-eval`, `body.data.id`, `type`);
 * null: everywhere.
 */
export type Needle = { text: string; field: string | null };
export type Piece = { text: string; hit: boolean };

/** More than this in one text are not marked: a megabyte of hits must not become a megabyte of elements. */
const MOST_MARKS = 400;
/** Fields whose values are pieces of text that can be seen somewhere. */
const TEXTUAL = /^(type|id|job|path|ip|note|reason|secret|meta\..*|header\..*|body(\..*)?|body)$/i;
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/** What a query looks for and does not exclude, in groups too. */
export function needlesOf(text: string, read: readonly QueryPart[]): Needle[] {
  const found: Needle[] = [];
  for (const part of read) {
    if (part.negated) continue;
    const own = text.slice(part.start, part.end);
    if (part.kind === "text") add(found, null, unquoted(own));
    else if (part.kind === "chip" && part.field !== null && TEXTUAL.test(part.field)) {
      const value = parts(own)[0]?.value.replace(/^=/, "") ?? "";
      for (const one of listed(value))
        if (one !== "*" && one !== "none") add(found, part.field.toLowerCase(), unquoted(one));
    }
  }
  return found;
}

function add(found: Needle[], field: string | null, text: string): void {
  if (text !== "" && !found.some((one) => one.text === text && one.field === field)) found.push({ text, field });
}

/** `a,"b,c",d` → its three values. */
function listed(value: string): string[] {
  return value.match(/"(?:[^"\\]|\\.)*"|[^,]+/gs) ?? [];
}

const folded = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Whether a search takes one for the other. */
export const sameText = (a: string, b: string): boolean => a === b || folded(a) === folded(b);

/** What is marked in texts of a field: the needles of it, and those that are looked for everywhere. */
export function forField(needles: readonly Needle[], field: string): string[] {
  const name = field.toLowerCase();
  return needles.filter((one) => one.field === null || covers(one.field, name)).map((one) => one.text);
}

function covers(asked: string, field: string): boolean {
  if (asked === field) return true;
  if (asked.startsWith("meta.")) return field === `body.data.user_metadata.${asked.slice(5)}`;
  if (asked === "body") return field === "body" || field.startsWith("body.");
  return asked.replace(/\[(\d+|\*)\]/g, "[]") === field.replace(/\[\d+\]/g, "[]");
}

/**
 * Splits a text where it has one of the needles. Letters of ASCII count as the same in upper and lower case, as in the
 * search itself.
 */
export function pieces(text: string, needles: readonly string[]): Piece[] {
  const wanted = needles.filter((one) => one !== "");
  if (wanted.length === 0 || text === "") return [{ text, hit: false }];
  const low = folded(text);
  const sought = [...new Set(wanted.map(folded))].sort((a, b) => b.length - a.length);
  const finder = new RegExp(sought.map((one) => one.replace(SPECIAL, "\\$&")).join("|"), "g");
  const found: Piece[] = [];
  let plain = 0;
  for (const match of low.matchAll(finder)) {
    if (found.length >= 2 * MOST_MARKS) break;
    if (match.index > plain) found.push({ text: text.slice(plain, match.index), hit: false });
    plain = match.index + match[0].length;
    found.push({ text: text.slice(match.index, plain), hit: true });
  }
  if (plain < text.length) found.push({ text: text.slice(plain), hit: false });
  return found;
}
