import fuzzysort, { type SnapshotKey } from "fuzzysort";
import type { SampleRequest } from "../ipc/generated";
import type { Action } from "./key-table";
import type { Mark } from "./verdict";

export type GroupId =
  | "id"
  | "elsewhere"
  | "service"
  | "recent"
  | "actions"
  | "go"
  | "projects"
  | "webhooks"
  | "searches"
  | "samples"
  | "search";

/** The groups in their order, which does not change with what is typed. */
export const GROUPS: readonly { id: GroupId; title: string }[] = [
  { id: "id", title: "This id" },
  { id: "elsewhere", title: "Where else it is" },
  { id: "service", title: "Service" },
  { id: "recent", title: "Recent" },
  { id: "actions", title: "Actions" },
  { id: "go", title: "Go to" },
  { id: "projects", title: "Projects" },
  { id: "webhooks", title: "Webhooks" },
  { id: "searches", title: "Saved searches" },
  { id: "samples", title: "Samples" },
  { id: "search", title: "Search" },
];

/** What an entry does when it is chosen. */
export type Run =
  | { does: "action"; action: Action }
  | { does: "setting"; page: string; name: string | null }
  | { does: "project"; project: number | null }
  | { does: "webhook"; project: number; id: string }
  | { does: "sample"; request: SampleRequest; label: string }
  | { does: "find"; query: string }
  | { does: "delivery"; id: number; tab: "attempts" | "replays" | null }
  | { does: "job"; project: number; name: string }
  | { does: "look-up"; text: string }
  | { does: "copy"; text: string }
  | { does: "nothing" };

export type Entry = {
  /** Names it among those that were chosen lately; null: it is not kept among them. */
  key: string | null;
  group: GroupId;
  label: string;
  /** In grey beside it. */
  sub: string;
  /** Other words by which it is found. */
  also: string;
  caps: readonly string[];
  /** At the right, where no key is. */
  end: string;
  /** Why it can do nothing now; null: it can. */
  off: string | null;
  /** It is being looked for: whoever chooses it now goes there once it is found. */
  waits?: boolean;
  /** An id, which keeps its end where there is no room. */
  mono?: boolean;
  /** A verdict or a state, with its glyph and its word. */
  mark?: Mark | null;
  run: Run;
};

/** `marked`: places in the label, of what was typed. */
export type Found = { entry: Entry; score: number; marked: readonly number[] };
export type Search = { total: number; found: readonly Found[] };

/** More than these are counted, but not listed: nobody reads them. */
export const MOST_FOUND = 500;
/** What matches worse has the letters, and little else. */
const THRESHOLD = 0.5;
/** A match in the name counts more than one in the words around it. */
const IN_LABEL = 0.08;
const OFF = 0.8;

/** Entries, read once, so that a key looks at nothing but what was prepared of them. */
export class Index {
  readonly size: number;
  readonly #entries: readonly Entry[];
  readonly #prepared: SnapshotKey<Entry>;
  #everything: Search | null = null;

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    this.size = entries.length;
    this.#prepared = fuzzysort.snapshot(entries, { key: ({ label, sub, also }) => `${label}\n${sub} ${also}` });
  }

  /** Reads the entries, so that the first key does not have to. */
  prepare(): void {
    fuzzysort.go("a", this.#prepared, { limit: 1 });
  }

  search(text: string): Search {
    if (text.trim() === "") return (this.#everything ??= this.#all());
    const results = fuzzysort.go(text.trim(), this.#prepared, { limit: MOST_FOUND, threshold: THRESHOLD });
    return { total: results.total, found: results.map(({ obj, score, indexes }) => foundOf(obj, score, indexes)) };
  }

  #all(): Search {
    return { total: this.size, found: this.#entries.map((entry) => ({ entry, score: 0, marked: [] })) };
  }
}

function foundOf(entry: Entry, score: number, indexes: readonly number[]): Found {
  const marked = indexes.filter((at) => at < entry.label.length);
  const within = marked.length === indexes.length;
  // What begins with it was meant most likely, the more of it was typed.
  const begins = within && marked.length > 0 && marked.every((at, i) => at === i);
  const own = begins ? 1 + marked.length / entry.label.length : score + (within ? IN_LABEL : 0);
  return { entry, score: own * (entry.off === null ? 1 : OFF), marked };
}

export type ListRow =
  | { is: "title"; group: GroupId; title: string; entries: number }
  | { is: "entry"; group: GroupId; number: number; found: Found };
export type Arranged = { rows: readonly ListRow[]; entries: readonly Found[]; best: number };

/** So many of those that were chosen lately are shown. */
const MOST_RECENT = 5;

/**
 * What is listed, in groups: those that were chosen lately first, and nowhere else. `recent`: their keys, the last one
 * first. `best`: the number of the entry that fits what was typed best; it is chosen until the user chooses.
 */
export function arrange(
  first: readonly Entry[],
  { found }: Search,
  recent: readonly string[],
  only: GroupId | null,
): Arranged {
  const rank = new Map(recent.map((key, i) => [key, i]));
  const rankOf = (one: Found) => rank.get(one.entry.key ?? "") ?? Infinity;
  const lately = found.filter((one) => rankOf(one) < Infinity).sort((a, b) => rankOf(a) - rankOf(b));
  const top = new Set(lately.slice(0, MOST_RECENT));
  const groups = new Map<GroupId, Found[]>(GROUPS.map(({ id }) => [id, []]));
  for (const entry of first) groups.get(entry.group)?.push({ entry, score: wins(entry) ? 3 : 0, marked: [] });
  for (const one of lately) if (top.has(one)) groups.get("recent")?.push(one);
  for (const one of found) if (!top.has(one)) groups.get(one.entry.group)?.push(one);
  const rows: ListRow[] = [];
  const entries: Found[] = [];
  for (const { id, title } of GROUPS) {
    const group = groups.get(id) ?? [];
    if (group.length === 0 || (only !== null && only !== id)) continue;
    if (id !== "recent" && !FIXED.has(id)) group.sort((a, b) => b.score - a.score || byUse(a, b));
    rows.push({ is: "title", group: id, title, entries: group.length });
    for (const one of group) {
      rows.push({ is: "entry", group: id, number: entries.length, found: one });
      entries.push(one);
    }
  }
  return { rows, entries, best: bestOf(entries) };
}

/** An id that leads somewhere is what was meant, whatever else its letters fit. */
const wins = ({ group, off, waits }: Entry) => group === "id" && (off === null || waits === true);
const FIXED: ReadonlySet<GroupId> = new Set(["id", "elsewhere", "service"]);
/** What can be done now stands before what cannot; otherwise the order stays. */
const byUse = (a: Found, b: Found) => Number(a.entry.off !== null) - Number(b.entry.off !== null);

/** Of those that fit about as well, the first one: the choice does not leap for a letter more or less. */
const NEAR = 0.2;

function bestOf(entries: readonly Found[]): number {
  const most = entries.reduce((score, one) => Math.max(score, one.score), 0);
  const best = entries.findIndex((one) => one.score >= most - NEAR);
  return Math.max(0, best);
}

export const ROW_PX = 32;
export const TITLE_PX = 28;

/** Where each row begins, and at last where the list ends. */
export function topsOf(rows: readonly ListRow[]): number[] {
  const tops = [0];
  for (const row of rows) tops.push((tops.at(-1) ?? 0) + (row.is === "title" ? TITLE_PX : ROW_PX));
  return tops;
}

/** The rows [first, last) that are worth drawing. */
export function inSight(tops: readonly number[], scrollTop: number, height: number, over = 4): [number, number] {
  const count = tops.length - 1;
  if (count === 0) return [0, 0];
  const first = Math.max(0, below(tops, scrollTop) - 1 - over);
  return [first, Math.min(count, below(tops, scrollTop + height) + over)];
}

/** The first row that begins below a place. */
function below(tops: readonly number[], y: number): number {
  let [low, high] = [0, tops.length - 1];
  while (low < high) {
    const mid = (low + high) >> 1;
    if ((tops[mid] ?? 0) > y) high = mid;
    else low = mid + 1;
  }
  return low;
}

/** A text in pieces, those at certain places apart. */
export function piecesAt(text: string, places: readonly number[]): { text: string; hit: boolean }[] {
  if (places.length === 0) return [{ text, hit: false }];
  const hits = new Set(places);
  const pieces: { text: string; hit: boolean }[] = [];
  for (let at = 0; at < text.length; at++) {
    const hit = hits.has(at);
    const last = pieces.at(-1);
    const char = text[at] ?? "";
    // Half a character is none: its second half goes with its first.
    if (last && (last.hit === hit || /[\uDC00-\uDFFF]/.test(char))) last.text += char;
    else pieces.push({ text: char, hit });
  }
  return pieces;
}
