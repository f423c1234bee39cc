/** The keys of the window: one table, from which both the handler and the sheet of keys are made. */
export type Action =
  | "down"
  | "up"
  | "first"
  | "last"
  | "page-down"
  | "page-up"
  | "open"
  | "back"
  | "search"
  | "next-hit"
  | "previous-hit"
  | "grammar"
  | "copy-payload"
  | "copy-curl"
  | "follow"
  | "copy-address"
  | "send-sample"
  | "new-webhook"
  | "ping"
  | "rotate"
  | "edit-webhook"
  | "new-job"
  | "open-job"
  | "next-finding"
  | "collect"
  | "make-event"
  | "copy-report"
  | "replay"
  | "edit-replay"
  | "mark"
  | "mark-down"
  | "mark-up"
  | "mark-all"
  | "verify-again"
  | "pin"
  | "note"
  | "delete"
  | "undo"
  | "menu"
  | "export"
  | "compare"
  | "swap"
  | "only-differences"
  | "next-difference"
  | "previous-difference"
  | "next-side"
  | "previous-side"
  | "copy-comparison"
  | "next-failed"
  | "previous-failed"
  | "save-failed"
  | "resubmit"
  | "earlier-attempt"
  | "later-attempt"
  | "tab-1"
  | "tab-2"
  | "tab-3"
  | "tab-4"
  | "tab-5"
  | "tab-6"
  | "keys";

/**
 * `list`: only where the delivery list is; `kept`: there, and where the settings of the history are; `hooks`: only in
 * the Webhooks view; `jobs`: only in the Operations view; `rows`: in the list and in these two views; `grid`: in all
 * three, and only while nothing else needs the key (arrows scroll the detail); `marks`: the same, in the delivery list
 * alone; `compare`: only in a comparison; `result`: only where the rows of an opened result are.
 */
type Scope = "window" | "list" | "kept" | "hooks" | "jobs" | "rows" | "grid" | "marks" | "compare" | "result";
type Binding = { action: Action; keys: readonly string[]; scope: Scope };

const BINDINGS: readonly Binding[] = [
  { action: "next-difference", keys: ["j"], scope: "compare" },
  { action: "previous-difference", keys: ["k"], scope: "compare" },
  { action: "next-side", keys: ["]"], scope: "compare" },
  { action: "previous-side", keys: ["["], scope: "compare" },
  { action: "swap", keys: ["s"], scope: "compare" },
  { action: "only-differences", keys: ["x"], scope: "compare" },
  { action: "copy-comparison", keys: ["c"], scope: "compare" },
  { action: "next-failed", keys: ["]"], scope: "result" },
  { action: "previous-failed", keys: ["["], scope: "result" },
  { action: "save-failed", keys: ["S"], scope: "result" },
  { action: "resubmit", keys: ["R"], scope: "result" },
  { action: "down", keys: ["j"], scope: "rows" },
  { action: "up", keys: ["k"], scope: "rows" },
  { action: "down", keys: ["ArrowDown"], scope: "grid" },
  { action: "up", keys: ["ArrowUp"], scope: "grid" },
  { action: "first", keys: ["Home"], scope: "grid" },
  { action: "last", keys: ["End"], scope: "grid" },
  { action: "page-down", keys: ["PageDown"], scope: "grid" },
  { action: "page-up", keys: ["PageUp"], scope: "grid" },
  { action: "open", keys: ["Enter"], scope: "grid" },
  { action: "back", keys: ["Escape"], scope: "window" },
  { action: "search", keys: ["/"], scope: "window" },
  { action: "grammar", keys: ["F1"], scope: "list" },
  { action: "next-hit", keys: ["F3"], scope: "list" },
  { action: "previous-hit", keys: ["Shift F3"], scope: "list" },
  { action: "copy-payload", keys: ["c"], scope: "list" },
  { action: "copy-curl", keys: ["C"], scope: "list" },
  { action: "follow", keys: ["f"], scope: "list" },
  { action: "replay", keys: ["r"], scope: "list" },
  { action: "edit-replay", keys: ["R"], scope: "list" },
  { action: "verify-again", keys: ["v"], scope: "list" },
  { action: "compare", keys: ["d"], scope: "list" },
  { action: "mark", keys: ["x"], scope: "list" },
  { action: "mark", keys: [" "], scope: "marks" },
  { action: "mark-down", keys: ["J"], scope: "list" },
  { action: "mark-up", keys: ["K"], scope: "list" },
  { action: "mark-down", keys: ["Shift ArrowDown"], scope: "marks" },
  { action: "mark-up", keys: ["Shift ArrowUp"], scope: "marks" },
  { action: "mark-all", keys: ["Ctrl a"], scope: "marks" },
  { action: "new-webhook", keys: ["n"], scope: "hooks" },
  { action: "ping", keys: ["t"], scope: "hooks" },
  { action: "rotate", keys: ["T"], scope: "hooks" },
  { action: "edit-webhook", keys: ["e"], scope: "hooks" },
  { action: "new-job", keys: ["n"], scope: "jobs" },
  { action: "open-job", keys: ["o"], scope: "jobs" },
  { action: "next-finding", keys: ["w"], scope: "jobs" },
  { action: "collect", keys: ["g"], scope: "jobs" },
  { action: "make-event", keys: ["m"], scope: "jobs" },
  { action: "copy-report", keys: ["c"], scope: "jobs" },
  { action: "pin", keys: ["p"], scope: "list" },
  { action: "note", keys: ["n"], scope: "list" },
  { action: "delete", keys: ["Delete"], scope: "list" },
  { action: "export", keys: ["e"], scope: "kept" },
  { action: "undo", keys: ["Ctrl z"], scope: "window" },
  { action: "menu", keys: ["ContextMenu", "Shift F10"], scope: "window" },
  { action: "earlier-attempt", keys: ["["], scope: "list" },
  { action: "later-attempt", keys: ["]"], scope: "list" },
  { action: "tab-1", keys: ["1"], scope: "list" },
  { action: "tab-2", keys: ["2"], scope: "list" },
  { action: "tab-3", keys: ["3"], scope: "list" },
  { action: "tab-4", keys: ["4"], scope: "list" },
  { action: "tab-5", keys: ["5"], scope: "list" },
  { action: "tab-6", keys: ["6"], scope: "list" },
  { action: "copy-address", keys: ["u"], scope: "window" },
  { action: "send-sample", keys: ["s"], scope: "window" },
  { action: "keys", keys: ["?"], scope: "window" },
];

export type KeyPress = { key: string; ctrl: boolean; alt: boolean; meta: boolean; shift: boolean };
export type KeyPlace = {
  /** The focus is in a field that takes text. */
  typing: boolean;
  /** A dialog or a menu is open: it has the keys. */
  overlay: boolean;
  /** The delivery list is on the screen. */
  list: boolean;
  /** The settings of the history are on the screen. */
  kept: boolean;
  /** The Webhooks view is on the screen. */
  hooks: boolean;
  /** The Operations view is on the screen. */
  jobs: boolean;
  /** A comparison is on the screen. */
  compare: boolean;
  /** Rows of an opened result are on the screen, and nothing else has their keys. */
  result?: boolean;
  /** The focus is on the list, or nowhere. */
  grid: boolean;
};

/** What a key does here, or null when it is not ours. */
export function actionFor(press: KeyPress, place: KeyPlace): Action | null {
  const held = press.ctrl || press.meta;
  const chord = held && !press.shift && /^[az]$/i.test(press.key) ? `Ctrl ${press.key.toLowerCase()}` : null;
  if (place.overlay || press.alt || (held && chord === null)) return null;
  if (place.typing) return press.key === "Escape" ? "back" : null;
  const letter = chord ?? named(press);
  const here: Record<Scope, boolean> = {
    window: true,
    list: place.list,
    kept: place.list || place.kept,
    hooks: place.hooks,
    jobs: place.jobs,
    rows: place.list || place.hooks || place.jobs,
    grid: (place.list || place.hooks || place.jobs) && place.grid,
    marks: place.list && place.grid,
    compare: place.compare,
    result: place.result ?? false,
  };
  const binding = BINDINGS.find((b) => b.keys.includes(letter) && here[b.scope]);
  return binding?.action ?? null;
}

/** The key as the table writes it. With Caps Lock, c and C come swapped: the shift key decides. */
function named({ key, shift }: KeyPress): string {
  if (/^[a-z]$/i.test(key)) return shift ? key.toUpperCase() : key.toLowerCase();
  return shift && /^(Arrow(Up|Down)|F3|F10)$/.test(key) ? `Shift ${key}` : key;
}

/** The sheet: what works, in groups. */
export const KEY_SHEET: readonly { title: string; keys: readonly { caps: readonly string[]; does: string }[] }[] = [
  {
    title: "Move",
    keys: [
      { caps: ["j", "↓"], does: "Next delivery, webhook or job" },
      { caps: ["k", "↑"], does: "Previous one" },
      { caps: ["Home", "End"], does: "Newest (and follow), oldest" },
      { caps: ["PgUp", "PgDn"], does: "One page up, down" },
      { caps: ["Enter"], does: "Go to the detail" },
      { caps: ["Esc"], does: "Back, clear the search, follow" },
      { caps: ["f"], does: "Follow new deliveries" },
    ],
  },
  {
    title: "Delivery",
    keys: [
      { caps: ["r"], does: "Replay to the current target" },
      { caps: ["⇧ R"], does: "Edit and re-sign" },
      { caps: ["v"], does: "Verify again, with the keys Pollux has now" },
      { caps: ["p"], does: "Pin, or unpin" },
      { caps: ["n"], does: "Write a note" },
      { caps: ["Del"], does: "Delete; it can be undone for ten minutes" },
      { caps: ["Ctrl Z"], does: "Undo the last deletion" },
      { caps: ["e"], does: "Export" },
      { caps: ["d"], does: "Compare: two marked ones, or with the attempt before" },
      { caps: ["c"], does: "Copy the payload" },
      { caps: ["⇧ C"], does: "Copy as cURL" },
      { caps: ["[", "]"], does: "Earlier, later attempt of the event" },
      { caps: ["1", "…", "6"], does: "Event, Headers, Body, Attempts, Answer, Replays" },
    ],
  },
  {
    title: "Mark several",
    keys: [
      { caps: ["x", "Space"], does: "Mark, or unmark" },
      { caps: ["⇧ J", "⇧ ↓"], does: "Extend the marks down" },
      { caps: ["⇧ K", "⇧ ↑"], does: "Extend the marks up" },
      { caps: ["Ctrl A"], does: "Mark all, at most 10,000" },
    ],
  },
  {
    title: "Comparison",
    keys: [
      { caps: ["j", "k"], does: "Next, previous difference" },
      { caps: ["[", "]"], does: "Another attempt as B" },
      { caps: ["s"], does: "Swap the sides" },
      { caps: ["x"], does: "Only differences, or all" },
      { caps: ["c"], does: "Copy as JSON" },
    ],
  },
  {
    title: "Opened result",
    keys: [
      { caps: ["[", "]"], does: "Previous, next failed or missing row" },
      { caps: ["Enter"], does: "Open the row" },
      { caps: ["⇧ S"], does: "Save failed rows" },
      { caps: ["⇧ R"], does: "Resubmit: shows the new batch first" },
    ],
  },
  {
    title: "Webhooks",
    keys: [
      { caps: ["n"], does: "New webhook" },
      { caps: ["t"], does: "Ping, and wait for the delivery" },
      { caps: ["⇧ T"], does: "Rotate the secret" },
      { caps: ["e"], does: "Edit" },
    ],
  },
  {
    title: "Operations",
    keys: [
      { caps: ["n"], does: "New job" },
      { caps: ["o"], does: "Open a job by its id" },
      { caps: ["w"], does: "Next job that was missed" },
      { caps: ["g"], does: "Collect the result of a missed job" },
      { caps: ["m"], does: "Make the event, and send it" },
      { caps: ["c"], does: "Copy the report of a finding" },
    ],
  },
  {
    title: "Window",
    keys: [
      { caps: ["/"], does: "Search" },
      { caps: ["F1"], does: "What a search can say" },
      { caps: ["F3"], does: "Next place of the text; with ⇧ the one before" },
      { caps: ["⇧ F10", "Menu"], does: "What can be done with what has the focus" },
      { caps: ["u"], does: "Copy the public address, or the listener's" },
      { caps: ["s"], does: "Send the sample on the button" },
      { caps: ["?"], does: "This sheet" },
    ],
  },
];
