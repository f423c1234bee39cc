import { ACTIONS, type Action, type Scope } from "./key-table";

export type { Action } from "./key-table";

export type KeyPress = { key: string; ctrl: boolean; alt: boolean; meta: boolean; shift: boolean };
export type KeyPlace = {
  /** The focus is in a field that takes text. */
  typing: boolean;
  /** A dialog, a menu or suggestions are open: they have the keys. */
  overlay: boolean;
  /** It is only suggestions: what works everywhere goes on working. */
  suggesting?: boolean;
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

/** Each scope of the table with its keys, in the table's order. */
const BINDINGS = ACTIONS.flatMap(({ action, on }) =>
  (Object.entries(on) as [Scope, readonly string[]][]).map(([scope, keys]) => ({ action, scope, keys })),
);

/** What a key does here, or null when it is not ours. */
export function actionFor(press: KeyPress, place: KeyPlace): Action | null {
  const held = press.ctrl || press.meta;
  const chord = held && !press.shift && /^[a-z0-9,]$/i.test(press.key) ? `Ctrl ${press.key.toLowerCase()}` : null;
  if (press.alt || (held && chord === null) || (place.overlay && !place.suggesting)) return null;
  const letter = chord ?? named(press);
  const only = place.overlay || place.typing;
  const here: Record<Scope, boolean> = {
    everywhere: true,
    window: !only,
    list: !only && place.list,
    kept: !only && (place.list || place.kept),
    hooks: !only && place.hooks,
    jobs: !only && place.jobs,
    rows: !only && (place.list || place.hooks || place.jobs),
    grid: !only && (place.list || place.hooks || place.jobs) && place.grid,
    marks: !only && place.list && place.grid,
    compare: !only && place.compare,
    result: !only && (place.result ?? false),
  };
  const binding = BINDINGS.find((b) => b.keys.includes(letter) && here[b.scope]);
  if (binding) return binding.action;
  return place.typing && !place.overlay && press.key === "Escape" && !held ? "back" : null;
}

/** The key as the table writes it. With Caps Lock, c and C come swapped: the shift key decides. */
function named({ key, shift }: KeyPress): string {
  if (/^[a-z]$/i.test(key)) return shift ? key.toUpperCase() : key.toLowerCase();
  return shift && /^(Arrow(Up|Down)|F3|F10)$/.test(key) ? `Shift ${key}` : key;
}
