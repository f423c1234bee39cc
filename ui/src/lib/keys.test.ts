import { describe, expect, it } from "vitest";
import { KEY_SHEET, ON_SHEET } from "./key-sheet";
import { ACTIONS, capOf, capsOf, keyOf, keysOf, type Scope } from "./key-table";
import { actionFor, type KeyPlace } from "./keys";

const place: KeyPlace = {
  typing: false,
  overlay: false,
  list: true,
  kept: false,
  hooks: false,
  jobs: false,
  compare: false,
  grid: true,
};
const press = (key: string, extra = {}) => ({ key, ctrl: false, alt: false, meta: false, shift: false, ...extra });
const ctrl = (key: string) => press(key, { ctrl: true });

describe("what works everywhere", () => {
  const chords = [
    ["k", "palette"],
    ["f", "search"],
    [",", "settings"],
    ["1", "go-deliveries"],
    ["6", "go-sandbox"],
  ] as const;

  it.each(chords)("Ctrl+%s: %s", (key, action) => {
    for (const there of [place, { ...place, typing: true }, { ...place, list: false, hooks: true }])
      expect(actionFor(ctrl(key), there)).toBe(action);
    expect(actionFor(press(key.toUpperCase(), { meta: true }), place)).toBe(action);
  });

  it("goes on over suggestions, and neither in a dialog nor with other keys held", () => {
    const suggesting = { ...place, typing: true, overlay: true, suggesting: true };
    expect(actionFor(ctrl("k"), suggesting)).toBe("palette");
    expect(actionFor(press("Escape"), suggesting)).toBeNull();
    expect(actionFor(press("j"), { ...suggesting, typing: false })).toBeNull();
    expect(actionFor(ctrl("k"), { ...place, overlay: true })).toBeNull();
    expect(actionFor(press("k", { ctrl: true, shift: true }), place)).toBeNull();
    expect(actionFor(press("k", { ctrl: true, alt: true }), place)).toBeNull();
    expect(actionFor(ctrl("c"), place)).toBeNull();
  });
});

describe("the one table", () => {
  it("gives no key to two actions that work in the same place", () => {
    // Where several views could have a key, only one of them is on the screen; a result's rows go before the list's.
    const ONE: Record<string, string> = { marks: "list", grid: "rows", kept: "list" };
    const taken = new Map<string, string>();
    for (const { action, on } of ACTIONS)
      for (const [scope, keys] of Object.entries(on))
        for (const key of keys) {
          const at = `${ONE[scope] ?? scope} ${key}`;
          expect(taken.get(at) ?? action, at).toBe(action);
          taken.set(at, action);
        }
  });

  it("has no key that does not do what it says", () => {
    const nowhere = { ...place, list: false };
    const where: Partial<Record<Scope, Partial<KeyPlace>>> = {
      list: { list: true },
      kept: { kept: true },
      hooks: { hooks: true },
      jobs: { jobs: true },
      rows: { hooks: true },
      grid: { jobs: true },
      marks: { list: true },
      compare: { compare: true },
      result: { list: true, result: true },
    };
    for (const { action, on } of ACTIONS)
      for (const [scope, keys] of Object.entries(on) as [Scope, readonly string[]][])
        for (const key of keys) {
          const [, held = "", name = key] = /^(Ctrl|Shift) (.+)$/.exec(key) ?? [];
          const shift = held === "Shift" || /^[A-Z]$/.test(name);
          const pressed = press(name, { ctrl: held === "Ctrl", shift });
          expect(actionFor(pressed, { ...nowhere, ...where[scope] }), `${scope} ${key}`).toBe(action);
        }
  });

  it("names each action in other words", () => {
    const words = ACTIONS.map((row) => row.words);
    expect(new Set(words).size).toBe(words.length);
    expect(words.every((one) => one.trim() === one && one !== "")).toBe(true);
  });

  it("shows keys as they are printed on them", () => {
    const keys = ["ArrowDown", "Shift ArrowUp", "R", "r", "Ctrl k", "Ctrl ,", "Delete", " ", "Shift F10"];
    expect(keys.map(capOf)).toEqual(["↓", "⇧ ↑", "⇧ R", "r", "Ctrl K", "Ctrl ,", "Del", "Space", "⇧ F10"]);
    expect(capsOf("search")).toEqual(["/", "Ctrl F"]);
    expect([keyOf("edit-replay"), keyOf("delete"), keyOf("tunnel")]).toEqual(["⇧R", "Del", undefined]);
  });

  it("has every action that has a key on its sheet", () => {
    const missing = ACTIONS.filter(({ action }) => keysOf(action).length > 0 && !ON_SHEET.has(action));
    expect(missing.map(({ action }) => action)).toEqual([]);
    const tabs = KEY_SHEET.flatMap((group) => group.keys).find((row) => row.does.startsWith("Event, Headers"));
    expect(tabs?.caps).toEqual(["1", "…", "6"]);
  });
});
