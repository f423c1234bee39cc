import type { CopyForm, Row } from "../ipc";
import { count } from "./format";
import { keyOf } from "./key-table";
import { stepsOf, type Step } from "./json-path";
import type { Term } from "./value-click";

/** What an entry of the menu does. */
export type MenuAction =
  | "filter"
  | "exclude"
  | "copy-selected"
  | "copy-value"
  | "copy-path"
  | "copy-json-path"
  | "copy-access"
  | `copy-as:${CopyForm}`
  | "replay"
  | "edit-replay"
  | "verify-again"
  | "compare-previous"
  | "compare-verified"
  | "compare-pair"
  | "pin"
  | "unpin"
  | "note"
  | "mark"
  | "clear-marks"
  | "export"
  | "delete";

/**
 * `side`: what stands at the right, where no key does. `off`: why it cannot be done now; it is said there, and the
 * entry can be reached all the same.
 */
export type MenuItem = {
  is: "item";
  id: MenuAction;
  label: string;
  key?: string;
  side?: string;
  off?: string;
};
export type MenuEntry =
  MenuItem | { is: "line" } | { is: "sub"; id: string; label: string; items: readonly (MenuItem | { is: "line" })[] };

/**
 * A value of a delivery. `field`: what a search calls it, null where no search can ask for it; `path`: where it stands
 * in the payload or among the headers, for copying; `steps`: the same for a payload.
 */
export type MenuValue = { field: string | null; value: string; path?: string | null; steps?: readonly Step[] };

/** What the menu is about: one delivery and perhaps a value of it, all that are marked, or another value. */
export type MenuSubject = {
  /** Deliveries that it acts on; none where it is about a value alone. */
  count: number;
  /** The one, where there is one. */
  row: Pick<Row, "outcome" | "attempts" | "attempt" | "pinned" | "note" | "truncated"> | null;
  value: MenuValue | null;
  /** Text is selected where the menu was opened. */
  selected: boolean;
  /** A search can be made of values. */
  search: boolean;
  /** Deliveries can be compared. */
  compare: boolean;
  /** Whether it is marked, where it is one. */
  marked: boolean;
  /** How many deliveries would match with the value, and without it, once that is known. */
  counts?: { filter: number | null; exclude: number | null };
};

/** A value that is shown, as the menu takes it; what stands in the payload or in a header has a path there. */
export function menuValue({ field, value }: Term): MenuValue {
  const path = /^(?:body\.(?<key>.+)|body(?<index>\[.+)|(?<header>header\..+))$/.exec(field)?.groups;
  const inPayload = path?.key ?? path?.index;
  const steps = inPayload === undefined ? null : stepsOf(inPayload);
  return { field, value, path: inPayload ?? path?.header ?? null, ...(steps && { steps }) };
}

/** Longer ones are looked for by nobody. */
const LONGEST_SEARCH = 400;
const tooLong = ({ value }: MenuValue) => value.length > LONGEST_SEARCH;

/** Whether a search can be made of it. */
export function canSearch(value: MenuValue | null): value is MenuValue & { field: string } {
  return value !== null && value.field !== null && !tooLong(value);
}

const LINE = { is: "line" } as const;

const FORMS: readonly (MenuItem | typeof LINE)[] = [
  form("payload", "Payload", { key: keyOf("copy-payload") }),
  form("curl", "cURL", { key: keyOf("copy-curl") }),
  form("httpie", "HTTPie"),
  form("python", "Python"),
  form("javascript", "JavaScript"),
  form("rust", "Rust"),
  form("ndjson", "NDJSON"),
  LINE,
  form("pytest", "pytest", { side: "a test" }),
  form("vitest", "Vitest", { side: "a test" }),
];

function form(id: CopyForm, label: string, extra: Partial<MenuItem> = {}): MenuItem {
  return { is: "item", id: `copy-as:${id}`, label, ...extra };
}

/** All that can be done with it, in groups between which lines stand. */
export function menuOf(subject: MenuSubject): MenuEntry[] {
  const groups = subject.row
    ? [...valueGroups(subject), ...rowGroups(subject, subject.row)]
    : subject.count === 0
      ? valueGroups(subject)
      : markedGroups(subject);
  return groups.filter((group) => group.length > 0).flatMap((group, i) => (i === 0 ? group : [LINE, ...group]));
}

function item(id: MenuAction, label: string, extra: Partial<MenuItem> = {}): MenuItem {
  return { is: "item", id, label, ...extra };
}

function copyAs(): MenuEntry {
  return { is: "sub", id: "copy-as", label: "Copy as", items: FORMS };
}

function valueGroups({ value, selected, search, counts, row }: MenuSubject): MenuEntry[][] {
  const groups: MenuEntry[][] = [];
  if (search && value !== null && value.field !== null) {
    const side = (known: number | null | undefined): Partial<MenuItem> =>
      tooLong(value) ? { off: "too long" } : typeof known === "number" ? { side: count(known) } : {};
    groups.push([
      item("filter", "Filter by this", side(counts?.filter)),
      item("exclude", "Exclude", side(counts?.exclude)),
    ]);
  }
  const copies: MenuEntry[] = [];
  if (selected) copies.push(item("copy-selected", "Copy selected text"));
  if (value !== null) copies.push(item("copy-value", "Copy value"));
  if (value?.path) copies.push(item("copy-path", "Copy path"));
  if (value?.steps)
    copies.push(item("copy-json-path", "Copy JSONPath"), item("copy-access", "Copy JS or Python access"));
  groups.push(row ? [...copies, copyAs()] : copies);
  return groups;
}

function rowGroups(subject: MenuSubject, row: NonNullable<MenuSubject["row"]>): MenuEntry[][] {
  const compare: MenuEntry[] = subject.compare
    ? [
        item("compare-previous", "Compare with attempt before", {
          ...(row.attempt > 1 ? { key: keyOf("compare") } : { off: row.attempts > 1 ? "the first one" : "only one" }),
        }),
        item("compare-verified", "Compare with last verified"),
      ]
    : [];
  return [
    [
      item("replay", "Replay", row.truncated ? { off: "body kept in part" } : { key: keyOf("replay") }),
      item("edit-replay", "Edit and re-sign…", { key: keyOf("edit-replay") }),
      item(
        "verify-again",
        "Verify again",
        row.outcome === "verified" ? { off: "is verified" } : { key: keyOf("verify-again") },
      ),
      ...compare,
    ],
    [
      row.pinned ? item("unpin", "Unpin", { key: keyOf("pin") }) : item("pin", "Pin", { key: keyOf("pin") }),
      item("note", row.note === null ? "Add note" : "Edit note", { key: keyOf("note") }),
      item("mark", subject.marked ? "Unmark" : "Mark", { key: keyOf("mark") }),
      item("export", "Export…", { key: keyOf("export") }),
    ],
    [item("delete", "Delete delivery", { key: keyOf("delete") })],
  ];
}

function markedGroups({ count: n, compare }: MenuSubject): MenuEntry[][] {
  const many = count(n);
  return [
    [copyAs()],
    [
      item("replay", `Replay ${many}`, { key: keyOf("replay") }),
      item("edit-replay", "Replay with changes…", { key: keyOf("edit-replay") }),
      item("verify-again", "Verify again", { key: keyOf("verify-again") }),
      ...(compare ? [item("compare-pair", "Compare", n === 2 ? { key: keyOf("compare") } : { off: "takes two" })] : []),
    ],
    [
      item("pin", `Pin ${many}`, { key: keyOf("pin") }),
      item("unpin", `Unpin ${many}`),
      item("export", `Export ${many}…`, { key: keyOf("export") }),
      item("clear-marks", "Clear the marks", { key: keyOf("back") }),
    ],
    [item("delete", n === 1 ? "Delete delivery" : `Delete ${many} deliveries`, { key: keyOf("delete") })],
  ];
}
