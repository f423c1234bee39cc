/**
 * Where a key works. `everywhere`: also while text is typed, but not in a dialog; `window`: not while text is typed;
 * `list`: only where the delivery list is; `kept`: there, and where the settings of the history are; `hooks`: only in
 * the Webhooks view; `jobs`: only in the Operations view; `rows`: in the list and in these two views; `grid`: in all
 * three, and only while nothing else needs the key (arrows scroll the detail); `marks`: the same, in the delivery list
 * alone; `compare`: only in a comparison; `result`: only where the rows of an opened result are.
 */
export type Scope =
  "everywhere" | "window" | "list" | "kept" | "hooks" | "jobs" | "rows" | "grid" | "marks" | "compare" | "result";

/**
 * `words`: what it is called where it is chosen by its name. `also`: other words by which it is found. `from`: the view
 * that the palette goes to first, where it needs nothing that is chosen there.
 */
type Row = {
  words: string;
  also?: string;
  on: Partial<Record<Scope, readonly string[]>>;
  from?: "deliveries" | "webhooks" | "operations";
};

/**
 * All that the window can be told to do: what it is called, and its keys. The handler of keys, the menus, the sheet of
 * keys and the palette are made from this one table. Of a key that several have, the first one that fits has it.
 */
const TABLE = {
  palette: { words: "Commands", on: { everywhere: ["Ctrl k"] } },
  search: { words: "Search", also: "find filter", on: { window: ["/"], everywhere: ["Ctrl f"] } },
  settings: { words: "Settings", also: "preferences options", on: { everywhere: ["Ctrl ,"] } },
  "go-deliveries": { words: "Deliveries", also: "view list", on: { everywhere: ["Ctrl 1"] } },
  "go-webhooks": { words: "Webhooks", also: "view", on: { everywhere: ["Ctrl 2"] } },
  "go-secrets": { words: "Secrets", also: "view keys", on: { everywhere: ["Ctrl 3"] } },
  "go-handler": { words: "Handler", also: "view forward check fault lab", on: { everywhere: ["Ctrl 4"] } },
  "go-operations": { words: "Operations", also: "view jobs batches", on: { everywhere: ["Ctrl 5"] } },
  "go-sandbox": { words: "Sandbox", also: "view emulator", on: { everywhere: ["Ctrl 6"] } },
  "go-projects": { words: "Projects", also: "view manage API keys", on: {} },

  "next-difference": { words: "Next difference", on: { compare: ["j"] } },
  "previous-difference": { words: "Previous difference", on: { compare: ["k"] } },
  "next-side": { words: "Compare with the next attempt", on: { compare: ["]"] } },
  "previous-side": { words: "Compare with the previous attempt", on: { compare: ["["] } },
  swap: { words: "Swap the sides", on: { compare: ["s"] } },
  "only-differences": { words: "Only differences, or all", on: { compare: ["x"] } },
  "copy-comparison": { words: "Copy the comparison as JSON", on: { compare: ["c"] } },

  "next-failed": { words: "Next failed or missing row", on: { result: ["]"] } },
  "previous-failed": { words: "Previous failed or missing row", on: { result: ["["] } },
  "save-failed": { words: "Save failed rows…", also: "download", on: { result: ["S"] } },
  resubmit: { words: "Resubmit failed rows…", also: "send again retry", on: { result: ["R"] } },

  grammar: { words: "What a search can say", also: "grammar help", on: { list: ["F1"] }, from: "deliveries" },
  "next-hit": { words: "Next place of the text", also: "hit", on: { list: ["F3"] } },
  "previous-hit": { words: "Previous place of the text", also: "hit", on: { list: ["Shift F3"] } },

  replay: { words: "Replay", also: "send on again", on: { list: ["r"] } },
  "edit-replay": { words: "Edit and re-sign…", also: "replay with changes", on: { list: ["R"] } },
  "verify-again": { words: "Verify again", also: "check signature", on: { list: ["v"] } },
  compare: { words: "Compare", also: "difference attempts", on: { list: ["d"] } },
  "copy-payload": { words: "Copy the payload", also: "body JSON", on: { list: ["c"] } },
  "copy-curl": { words: "Copy as cURL", on: { list: ["C"] } },
  "find-payload": { words: "Find in the payload", also: "search JSON tree body", on: { list: ["F"] } },
  pin: { words: "Pin, or unpin", on: { list: ["p"] } },
  note: { words: "Write a note", on: { list: ["n"] } },
  delete: { words: "Delete", also: "remove", on: { list: ["Delete"] } },
  follow: { words: "Follow new deliveries", also: "tail", on: { list: ["f"] }, from: "deliveries" },
  overview: { words: "Overview of today", also: "state status all right", on: { list: ["o"] }, from: "deliveries" },
  mark: { words: "Mark, or unmark", also: "select", on: { list: ["x"], marks: [" "] } },
  "mark-down": { words: "Extend the marks down", on: { list: ["J"], marks: ["Shift ArrowDown"] } },
  "mark-up": { words: "Extend the marks up", on: { list: ["K"], marks: ["Shift ArrowUp"] } },
  "mark-all": { words: "Mark all", also: "select", on: { marks: ["Ctrl a"] }, from: "deliveries" },
  "earlier-attempt": { words: "Earlier attempt of the event", on: { list: ["["] } },
  "later-attempt": { words: "Later attempt of the event", on: { list: ["]"] } },
  "tab-1": { words: "Event", also: "tab pointers", on: { list: ["1"] } },
  "tab-2": { words: "Headers", also: "tab", on: { list: ["2"] } },
  "tab-3": { words: "Body", also: "tab raw hex", on: { list: ["3"] } },
  "tab-4": { words: "Attempts", also: "tab", on: { list: ["4"] } },
  "tab-5": { words: "Answer", also: "tab", on: { list: ["5"] } },
  "tab-6": { words: "Replays", also: "tab forwards", on: { list: ["6"] } },

  "new-webhook": { words: "New webhook…", also: "create add", on: { hooks: ["n"] }, from: "webhooks" },
  ping: { words: "Ping the webhook", also: "test", on: { hooks: ["t"] } },
  rotate: { words: "Rotate the secret…", also: "signing key revoke", on: { hooks: ["T"] } },
  "edit-webhook": { words: "Edit the webhook…", also: "change", on: { hooks: ["e"] } },
  "refresh-webhooks": { words: "Refresh webhooks", also: "reload list", on: {}, from: "webhooks" },

  "new-job": { words: "New job…", also: "batch interaction video dispatch", on: { jobs: ["n"] }, from: "operations" },
  "open-job": { words: "Open a job by its id…", also: "batch", on: { jobs: ["o"] }, from: "operations" },
  "next-finding": { words: "Next job that was missed", also: "finding", on: { jobs: ["w"] }, from: "operations" },
  collect: { words: "Collect the result of the missed job", on: { jobs: ["g"] } },
  "make-event": { words: "Make the event, and send it…", on: { jobs: ["m"] } },
  "copy-report": { words: "Copy the report of the finding", on: { jobs: ["c"] } },

  export: { words: "Export…", also: "save NDJSON HAR cURL", on: { kept: ["e"] }, from: "deliveries" },
  undo: { words: "Undo the last deletion", also: "restore", on: { window: ["Ctrl z"] } },
  menu: { words: "Menu of what has the focus", also: "context", on: { window: ["ContextMenu", "Shift F10"] } },
  "copy-address": { words: "Copy the address", also: "public URL listener", on: { window: ["u"] } },
  "send-sample": { words: "Send the sample on the button", also: "test", on: { window: ["s"] } },
  "add-project": { words: "Add a project…", also: "new create API key", on: {} },
  tunnel: { words: "Public address…", also: "tunnel ngrok cloudflared internet", on: {} },
  "first-steps": { words: "First steps", also: "tour welcome begin bring back", on: {} },
  keys: { words: "All keys", also: "shortcuts keyboard help sheet", on: { window: ["?"] } },

  down: { words: "Next row", on: { rows: ["j"], grid: ["ArrowDown"] } },
  up: { words: "Previous row", on: { rows: ["k"], grid: ["ArrowUp"] } },
  first: { words: "Go to the first row", also: "newest top", on: { grid: ["Home"] } },
  last: { words: "Go to the last row", also: "oldest bottom end", on: { grid: ["End"] } },
  "page-down": { words: "One page down", on: { grid: ["PageDown"] } },
  "page-up": { words: "One page up", on: { grid: ["PageUp"] } },
  open: { words: "Go to the detail", on: { grid: ["Enter"] } },
  back: { words: "Back", also: "close clear follow", on: { window: ["Escape"] } },
} as const satisfies Record<string, Row>;

export type Action = keyof typeof TABLE;
export type ActionRow = Row & { action: Action };

export const rowOf = (action: Action): ActionRow => ({ action, ...(TABLE[action] as Row) });

/** The table, in its order. */
export const ACTIONS: readonly ActionRow[] = (Object.keys(TABLE) as Action[]).map(rowOf);

/** The keys of an action as the table writes them, those of its first scope first. */
export function keysOf(action: Action): readonly string[] {
  return Object.values(rowOf(action).on).flat();
}

const CAPS: Record<string, string> = {
  ArrowDown: "↓",
  ArrowUp: "↑",
  PageUp: "PgUp",
  PageDown: "PgDn",
  Escape: "Esc",
  Delete: "Del",
  ContextMenu: "Menu",
  " ": "Space",
};

/** A key as it is shown: `⇧ R`, `Ctrl K`, `Del`. */
export function capOf(key: string): string {
  const [, held = "", name = key] = /^(Ctrl|Shift) (.+)$/.exec(key) ?? [];
  const plain = CAPS[name] ?? name;
  if (held === "Shift") return `⇧ ${plain}`;
  if (held === "Ctrl") return `Ctrl ${plain.toUpperCase()}`;
  return /^[A-Z]$/.test(name) ? `⇧ ${name}` : plain;
}

export const capsOf = (action: Action): string[] => keysOf(action).map(capOf);

/** Its first key, as menus show it: `⇧R`. Undefined where it has none. */
export const keyOf = (action: Action): string | undefined => capsOf(action)[0]?.replace("⇧ ", "⇧");
