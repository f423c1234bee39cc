import { count } from "./format";
import { rowOf, type Action, type Scope } from "./key-table";

/** What an action depends on, as plain facts: the state of the window at one moment. */
export type Now = {
  /** Where keys would work. */
  list: boolean;
  kept: boolean;
  hooks: boolean;
  jobs: boolean;
  compare: boolean;
  /** Rows of an opened result are on the screen. */
  result: { ready: boolean; again: number; requests: boolean } | null;
  /** Something of the window has the focus. */
  focused: boolean;
  /** Rows that the view's list shows. */
  rows: number;
  following: boolean;
  /** The chosen row stands in the list. */
  chosen: boolean;
  /** Deliveries that are marked. */
  marked: number;
  /** Deliveries that an action is about: the marked ones, or the chosen one. */
  subject: number;
  /** Of those, how many can be judged again. */
  unverified: number;
  /** Where the open delivery stands among the attempts of its event; null: none is open. */
  attempt: { at: number; of: number } | null;
  hits: number;
  undoable: boolean;
  /** The address that would be copied. */
  address: string | null;
  listening: boolean;
  sample: string;
  /** Where a replay goes; null where that is asked for. */
  target: string | null;
  /** The project that webhooks are managed of has a key. */
  hookKey: boolean;
  /** Its list was read. */
  board: boolean;
  refreshing: boolean;
  /** What the chosen webhook is called; null: none is chosen. */
  hook: string | null;
  /** The project that jobs are listed of has a key. */
  jobKey: boolean;
  /** What the open job is called; null: none is open. */
  job: string | null;
  finding: boolean;
  differences: number;
  compared: boolean;
};

type Need = (now: Now) => string | null;

const delivery: Need = (now) => (now.subject > 0 ? null : "no delivery is chosen");
const open: Need = (now) => (now.attempt ? null : "no delivery is open");
const rows: Need = (now) => (now.rows > 0 ? null : "the list is empty");
const hook: Need = (now) => (now.hook === null ? "no webhook is chosen" : null);
const finding: Need = (now) =>
  now.finding ? null : now.job === null ? "no job is open" : "the open job was not missed";
const differences: Need = (now) => (now.differences > 0 ? null : "there is no difference");
const compared: Need = (now) => (now.compared ? null : "nothing is compared yet");
const attempt =
  (by: number): Need =>
  ({ attempt: open }) => {
    if (!open) return "no delivery is open";
    const to = open.at + by;
    return to >= 0 && to < open.of ? null : by < 0 ? "this is the first one" : "this is the last one";
  };

/** What each needs; those that need nothing are not named. */
const NEEDS: Partial<Record<Action, Need>> = {
  "next-difference": differences,
  "previous-difference": differences,
  "next-side": compared,
  "previous-side": compared,
  swap: compared,
  "copy-comparison": compared,
  "save-failed": ({ result }) =>
    !result?.ready ? "the rows are still being read" : result.again > 0 ? null : "no row failed or is missing",
  resubmit: ({ result }) =>
    !result?.ready
      ? "the rows are still being read"
      : result.again === 0
        ? "no row failed or is missing"
        : result.requests
          ? null
          : "the file with the requests is not known",
  down: rows,
  up: rows,
  first: rows,
  last: rows,
  "page-down": rows,
  "page-up": rows,
  open: (now) =>
    now.hooks
      ? hook(now)
      : now.jobs
        ? now.job === null
          ? "no job is chosen"
          : null
        : now.chosen
          ? null
          : "no delivery is chosen",
  "next-hit": (now) => (now.hits > 0 ? null : "the open delivery has no text that is searched for"),
  "previous-hit": (now) => (now.hits > 0 ? null : "the open delivery has no text that is searched for"),
  replay: delivery,
  "edit-replay": delivery,
  "verify-again": (now) => delivery(now) ?? (now.unverified > 0 ? null : "it is verified"),
  compare: delivery,
  "copy-payload": delivery,
  "copy-curl": delivery,
  "find-payload": open,
  pin: delivery,
  note: delivery,
  delete: delivery,
  follow: (now) => (now.list && now.following ? "the list follows already" : null),
  mark: (now) => (now.chosen ? null : "no row of the list is chosen"),
  "mark-down": rows,
  "mark-up": rows,
  "mark-all": (now) => (now.list && now.rows === 0 ? "the list is empty" : null),
  "earlier-attempt": attempt(-1),
  "later-attempt": attempt(1),
  "tab-1": open,
  "tab-2": open,
  "tab-3": open,
  "tab-4": open,
  "tab-5": open,
  "tab-6": open,
  "new-webhook": (now) =>
    !now.hookKey ? "its project has no API key" : now.hooks && !now.board ? "the list was not read yet" : null,
  ping: hook,
  rotate: hook,
  "edit-webhook": hook,
  "refresh-webhooks": (now) =>
    !now.hookKey ? "its project has no API key" : now.refreshing ? "they are being read" : null,
  "open-job": (now) => (now.jobKey ? null : "its project has no API key"),
  collect: finding,
  "make-event": finding,
  "copy-report": finding,
  undo: (now) => (now.undoable ? null : "nothing was deleted that can be restored"),
  menu: (now) => (now.focused ? null : "nothing had the focus"),
  "copy-address": (now) => (now.address === null ? "Pollux is not listening" : null),
  "send-sample": (now) => (now.listening ? null : "Pollux is not listening"),
};

const WHERE: Partial<Record<Scope, string>> = {
  list: "works in Deliveries",
  kept: "works in Deliveries",
  marks: "works in Deliveries",
  hooks: "works in Webhooks",
  jobs: "works in Operations",
  rows: "works in Deliveries, Webhooks and Operations",
  grid: "works in Deliveries, Webhooks and Operations",
  compare: "works in a comparison",
  result: "works where rows of a result are open",
};

function within(scope: Scope, now: Now): boolean {
  const lists = now.list || now.hooks || now.jobs;
  const here: Record<Scope, boolean> = {
    everywhere: true,
    window: true,
    list: now.list,
    kept: now.list || now.kept,
    hooks: now.hooks,
    jobs: now.jobs,
    rows: lists,
    grid: lists,
    marks: now.list,
    compare: now.compare,
    result: now.result !== null,
  };
  return here[scope];
}

/** Whether it works in the view that is shown, by keys or without. */
export function isHere(action: Action, now: Now): boolean {
  const { on, from } = rowOf(action);
  const scopes = Object.keys(on) as Scope[];
  if (scopes.length > 0) return scopes.some((scope) => within(scope, now));
  return from === undefined || { deliveries: now.list, webhooks: now.hooks, operations: now.jobs }[from];
}

/**
 * Why an action can do nothing now, in words that stand where its key would; null: it can. One that works in another
 * view and can be told to begin there works from everywhere.
 */
export function whyNot(action: Action, now: Now): string | null {
  const { on, from } = rowOf(action);
  if (from === undefined && !isHere(action, now)) {
    const [scope] = Object.keys(on) as Scope[];
    return (scope && WHERE[scope]) ?? "works elsewhere";
  }
  return NEEDS[action]?.(now) ?? null;
}

/** What it would act on, in grey beside its name. */
export function actsOn(action: Action, now: Now): string {
  if (whyNot(action, now) !== null) return "";
  switch (action) {
    case "replay":
      return now.target === null ? "asks for an address first" : `to ${now.target}`;
    case "ping":
    case "rotate":
    case "edit-webhook":
      return now.hook ?? "";
    case "collect":
    case "make-event":
    case "copy-report":
      return now.job ?? "";
    case "copy-address":
      return now.address ?? "";
    case "send-sample":
      return now.sample;
    default:
      if (action.startsWith("tab-")) return "of this delivery";
      if (NEEDS[action] !== delivery && action !== "verify-again") return "";
      return now.marked > 1 ? `the ${count(now.marked)} marked` : now.marked > 0 ? "the marked one" : "this delivery";
  }
}
