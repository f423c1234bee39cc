import type {
  GrammarField,
  Histogram,
  HistogramBucket,
  Hit,
  Nothing,
  Row,
  Searches,
  Suggestion,
  SuggestionGroup,
  Suggestions,
  ValueCounts,
} from "../ipc";
import { pieces } from "../lib/needles";
import { unquoted } from "../lib/query-text";
import { FIELDS, readQuery, type Asked } from "./query";

const AROUND = 24;

/** Counts over the rows of a view, and what may complete a query, in small. */
export class FakeSearches {
  searches: Searches = {
    recent: [
      { query: "verdict:rejected since:1d", at_ms: Date.now() - 240_000 },
      { query: "id:msg_5f0c00000012", at_ms: Date.now() - 3_700_000 },
    ],
    saved: [
      { name: "Forged", query: "verdict:rejected reason:no_matching_signature" },
      { name: "Nightly failures", query: "type:batch.failed since:today" },
    ],
  };

  save(name: string, query: string): Searches {
    const others = this.searches.saved.filter((one) => one.name !== name);
    const saved = [...others, { name, query }].sort((a, b) => a.name.localeCompare(b.name));
    return (this.searches = { ...this.searches, saved });
  }

  forget(name: string): Searches {
    const saved = this.searches.saved.filter((one) => one.name !== name);
    return (this.searches = { ...this.searches, saved });
  }

  used(query: string): void {
    const others = this.searches.recent.filter((one) => one.query !== query);
    this.searches = { ...this.searches, recent: [{ query, at_ms: Date.now() }, ...others].slice(0, 20) };
  }

  /** `rows`: the present hits. */
  suggest(text: string, cursor: number, rows: readonly Row[], count: (query: string) => number): Suggestions {
    const start = text.slice(0, cursor).search(/\S+$/);
    const from = start < 0 ? cursor : start;
    const end = cursor + (/^\S*/.exec(text.slice(cursor))?.[0].length ?? 0);
    const own = text.slice(from, cursor).replace(/^-/, "").toLowerCase();
    const sign = text[from] === "-" ? "-" : "";
    const item = (label: string, insert: string, more: Partial<Suggestion> = {}): Suggestion => ({
      label,
      insert: sign + insert,
      start: from,
      end,
      detail: null,
      count: null,
      share: null,
      at_ms: null,
      ...more,
    });
    const [field = "", value] = own.includes(":") ? own.split(":", 2) : [own];
    const among = (name: string, sought: string, all: boolean) =>
      valuesOf(rows, name)
        .filter((one) => one.value.toLowerCase().includes(sought) && (all || sought !== ""))
        .slice(0, all ? 8 : 3)
        .map((one) =>
          item(`${name}:${one.value}`, `${name}:${one.value}`, {
            count: one.count,
            share: rows.length ? one.count / rows.length : 0,
          }),
        );
    const values =
      value === undefined
        ? ["type", "reason", "verdict"].flatMap((name) => among(name, own, false))
        : among(field, value, true);
    const fields =
      value === undefined
        ? Object.keys(FIELDS)
            .filter((name) => name.startsWith(own))
            .slice(0, own ? 4 : 5)
            .map((name) => item(`${name}:`, `${name}:`, { detail: FIELDS[name]?.join(", ") || null }))
        : [];
    const whole = (query: string, label: string, more: Partial<Suggestion>) => ({
      ...item(label, query, more),
      insert: query,
      start: 0,
      end: text.length,
    });
    const groups: SuggestionGroup[] = [
      {
        name: "text",
        items:
          own && value === undefined
            ? [item(own, text.slice(from, end), { detail: "in headers, path, id and bodies", count: count(own) })]
            : [],
      },
      { name: "values", items: values },
      { name: "fields", items: fields },
      {
        name: "recent",
        items: this.searches.recent
          .filter((one) => one.query.includes(text.trim()))
          .slice(0, 2)
          .map((one) => whole(one.query, one.query, { at_ms: one.at_ms })),
      },
      {
        name: "saved",
        items: this.searches.saved
          .filter((one) => `${one.name} ${one.query}`.toLowerCase().includes(text.trim().toLowerCase()))
          .slice(0, 2)
          .map((one) => whole(one.query, one.name, { detail: one.query, count: count(one.query) })),
      },
    ];
    return { groups, took_us: 900 };
  }
}

function valuesOf(rows: readonly Row[], field: string): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  const of: Record<string, (row: Row) => string | null> = {
    type: (row) => row.event_type,
    verdict: (row) => (row.outcome === "verified" && row.grace_until !== null ? "old-secret" : row.outcome),
    reason: (row) => row.reason || null,
    scheme: (row) => row.scheme,
    answer: (row) => String(row.status),
    attempts: (row) => String(row.attempts),
  };
  for (const row of rows) {
    const value = of[field]?.(row) ?? null;
    if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count);
}

export function fakeValues(rows: readonly Row[], field: string, limit: number): ValueCounts {
  return { values: valuesOf(rows, field).slice(0, limit), counted: rows.length, exact: true };
}

/** The fields, as the real grammar tells them. */
export function fakeGrammar(): GrammarField[] {
  return Object.entries(FIELDS).map(([name, words]) => ({
    name,
    help: words.length ? `One of ${words.join(", ")}.` : "A piece of it.",
    examples: (words.length ? words : ["x"]).slice(0, 3).map((word) => `${name}:${word}`),
  }));
}

/** `rows`: oldest first. */
export function fakeHistogram(rows: readonly Row[], most: number, exact: boolean): Histogram {
  const from = rows[0]?.received_ms ?? 0;
  const last = rows.at(-1)?.received_ms ?? 0;
  const step = Math.max(1, Math.ceil((last - from + 1) / most));
  const length = rows.length === 0 ? 0 : Math.floor((last - from) / step) + 1;
  const buckets = Array.from({ length }, (): HistogramBucket => ({
    verified: 0,
    old_secret: 0,
    rejected: 0,
    unchecked: 0,
    unbound: 0,
  }));
  for (const row of rows) {
    const bucket = buckets[Math.floor((row.received_ms - from) / step)];
    if (!bucket) continue;
    if (row.outcome === "verified" && row.grace_until !== null) bucket.old_secret++;
    else bucket[row.outcome]++;
  }
  return { from_ms: from, to_ms: from + length * step, step_ms: step, buckets, exact };
}

/** Where a delivery has the texts of a query. */
export function fakeHits(query: string, asked: Asked): Hit[] {
  const sought = readQuery(query)
    .parts.filter((part) => part.kind === "text" && !part.negated)
    .map((part) => unquoted(part.label));
  const found: Hit[] = [];
  const look = (place: Hit["place"], name: string | null, text: string) => {
    let at = 0;
    for (const piece of pieces(text, sought)) {
      const after = at + piece.text.length;
      if (piece.hit) {
        const before = text.slice(Math.max(0, at - AROUND), at).replace(/\s+/g, " ");
        const rest = text.slice(after, after + AROUND).replace(/\s+/g, " ");
        const offset = new TextEncoder().encode(text.slice(0, at)).length;
        found.push({ place, name, before, text: piece.text, after: rest, offset });
      }
      at = after;
    }
  };
  if (sought.length === 0) return [];
  for (const [name, value] of asked.headers()) look("header", name, value);
  look("body", null, asked.body());
  return found.slice(0, 200);
}

/** The part that removes everything: the last one will do here. */
export function nothingOf(query: string, matched: number, count: (query: string) => number): Nothing | null {
  const { parts } = readQuery(query);
  const part = parts.at(-1);
  if (matched > 0 || !part || parts.length < 2) return null;
  const without = count(query.slice(0, part.start) + query.slice(part.end));
  return without > 0 ? { part: part.label, without } : null;
}
