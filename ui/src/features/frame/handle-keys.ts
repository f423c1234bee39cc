import { actionFor, type Action } from "../../lib/keys";
import { narrows } from "../../lib/query-text";
import { pageRows } from "../../lib/page-rows";
import type { Areas } from "../../state/context";
import { TABS, type Tab } from "../../state/detail.svelte";
import { compareKey } from "./compare-key";
import { findInPayload } from "./find-key";
import { hookKey } from "./hook-keys";
import { jobKey } from "./job-keys";
import { keepKey } from "./keep-key";
import { onResult, resultKey } from "./result-keys";
import { windowKey } from "./window-keys";

/** What keys act upon. */
export type Keyed = Pick<
  Areas,
  | "clock"
  | "compare"
  | "copying"
  | "copyingAs"
  | "deliveries"
  | "detail"
  | "firstSteps"
  | "jobs"
  | "keeping"
  | "navigation"
  | "palette"
  | "projectForm"
  | "replay"
  | "results"
  | "rotation"
  | "samples"
  | "screen"
  | "search"
  | "transfers"
  | "tunnel"
  | "hits"
  | "verifyAgain"
  | "webhooks"
>;

/** Turns a key into what the window does. Keys that are not ours go on to where they belong. */
export function handleKeys(app: Keyed, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const target = event.target instanceof Element ? event.target : null;
  const typing =
    target?.matches("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]") ??
    false;
  const dialog = document.querySelector("[role=dialog], [role=alertdialog], [role=menu]") !== null;
  const list = document.querySelector("[role=listbox]") !== null;
  const action = actionFor(
    { key: event.key, ctrl: event.ctrlKey, alt: event.altKey, meta: event.metaKey, shift: event.shiftKey },
    {
      typing,
      overlay: dialog || list,
      suggesting: !dialog,
      list: app.screen.view === "deliveries",
      kept: app.screen.view === "settings" && app.screen.settings === "history",
      hooks: app.screen.view === "webhooks",
      jobs: app.screen.view === "operations",
      compare: app.screen.view === "compare",
      result: onResult(app, target),
      grid: target === null || target === document.body || target.closest("[role=grid], .hook-list") !== null,
    },
  );
  if (action !== null && perform(app, action, target)) event.preventDefault();
}

/** Does what an action says, whoever asks for it. `target`: what has the focus. False when there was nothing to do. */
export function perform(app: Keyed, action: Action, target: Element | null): boolean {
  return resultKey(app, action) ?? ofView(app, action, target) ?? windowKey(app, action) ?? run(app, action, target);
}

/** What the view on the screen does with it; null: what is done everywhere. */
function ofView(app: Keyed, action: Action, target: Element | null): boolean | null {
  const { view } = app.screen;
  if (view === "webhooks") return hookKey(app, action, target);
  if (view === "operations") return jobKey(app.jobs, action, target);
  return view === "compare" ? compareKey(app.compare, action) : null;
}

/** False when there was nothing to do, so that the key keeps its own meaning. */
function run(app: Keyed, action: Action, target: Element | null): boolean {
  const kept = keepKey(app, action);
  if (kept !== null) return kept;
  const list = app.deliveries;
  const at = list.activeIndex;
  switch (action) {
    case "down":
      return move(app, at + 1);
    case "up":
      return move(app, at < 0 ? 0 : at - 1);
    case "first":
      return newest(app);
    case "last":
      return move(app, list.shown - 1);
    case "page-down":
      return move(app, Math.max(at, 0) + pageRows());
    case "page-up":
      return move(app, at - pageRows());
    case "open":
      return enter(app);
    case "back":
      return back(app, target);
    case "search":
      return search(app);
    case "grammar":
      app.search.sheet = true;
      return true;
    case "next-hit":
      app.hits.next();
      return true;
    case "previous-hit":
      app.hits.previous();
      return true;
    case "follow":
      list.follow();
      return true;
    case "overview":
      app.navigation.overview();
      return true;
    case "find-payload":
      return findInPayload(app);
    case "replay":
      void app.replay.now();
      return app.replay.subject !== null;
    case "edit-replay":
      void app.replay.edit();
      return app.replay.subject !== null;
    case "verify-again":
      void app.verifyAgain.now();
      return app.verifyAgain.subject.length > 0;
    case "compare":
      void app.compare.open(app.deliveries.active);
      return app.deliveries.active !== null || app.replay.selection.size > 0;
    case "mark":
      return mark(app);
    case "mark-down":
      return extend(app, 1);
    case "mark-up":
      return extend(app, -1);
    case "mark-all":
      void app.replay.selection.all();
      return true;
    case "earlier-attempt":
      return otherAttempt(app, -1);
    case "later-attempt":
      return otherAttempt(app, 1);
    default: {
      const tab = /^tab-\d$/.test(action) ? TABS[Number(action.slice(4)) - 1] : undefined;
      return tab !== undefined && openTab(app, tab);
    }
  }
}

/** Opens a part of the detail and goes there; below 900 px the detail comes to the front for it. */
function openTab(app: Keyed, tab: Tab): boolean {
  app.detail.tab = tab;
  if (app.detail.detail === null) return true;
  if (app.screen.narrow) app.screen.covering = true;
  requestAnimationFrame(() => document.getElementById(`tab-${tab}`)?.focus());
  return true;
}

function move(app: Keyed, index: number): boolean {
  if (app.deliveries.shown === 0) return false;
  void app.deliveries.choose(index).then((row) => row && app.navigation.show(row, false));
  return true;
}

/** To another attempt of the open delivery's event. */
function otherAttempt(app: Keyed, by: number): boolean {
  const { detail } = app.detail;
  const at = detail?.attempts.findIndex((row) => row.id === detail.row.id) ?? -1;
  const to = at < 0 ? undefined : detail?.attempts[at + by];
  if (to) void app.navigation.reveal(to.id);
  return to !== undefined;
}

/** To the top, where new ones come in. */
function newest(app: Keyed): boolean {
  if (app.deliveries.matched === 0) return false;
  void app.deliveries.chooseNewest().then((row) => row && app.navigation.show(row, false));
  return true;
}

/** Marks the chosen row, or takes its mark away. */
function mark(app: Keyed): boolean {
  const { active } = app.deliveries;
  if (!active || active.ordinal < 0) return false;
  app.replay.selection.toggle(active.id, active.ordinal);
  return true;
}

/** Moves on, and marks what lies between. */
function extend(app: Keyed, by: number): boolean {
  const list = app.deliveries;
  const from = list.active?.ordinal ?? -1;
  if (list.shown === 0) return false;
  void list.choose(list.activeIndex < 0 ? 0 : list.activeIndex + by).then((row) => {
    const to = list.active?.ordinal ?? -1;
    if (!row || to < 0) return;
    void app.replay.selection.extend(from < 0 ? to : from, to);
    void app.navigation.show(row, false);
  });
  return true;
}

function enter(app: Keyed): boolean {
  const { active } = app.deliveries;
  if (!active) return false;
  app.screen.covering = true;
  void app.detail.open(active.id);
  requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-testid=detail]")?.focus());
  return true;
}

function back(app: Keyed, target: Element | null): boolean {
  const inBox = (target?.closest("[data-testid=search-box]") ?? null) !== null;
  if (app.screen.covering && app.screen.narrow && !inBox) {
    app.screen.covering = false;
    focusGrid();
    return true;
  }
  if (inBox && target instanceof HTMLElement) {
    target.blur();
    focusGrid();
    return true;
  }
  if (app.screen.view === "deliveries" && !inBox && app.replay.selection.size > 0) {
    app.replay.selection.clear();
    return true;
  }
  if (
    app.screen.view === "deliveries" &&
    (target?.closest("[data-testid=detail]") ?? null) === null &&
    narrows(app.deliveries.query)
  ) {
    app.deliveries.clear();
    return true;
  }
  const inDetail = (target?.closest("[data-testid=detail]") ?? null) !== null;
  if (app.screen.view === "deliveries" && !inBox && !inDetail && !app.deliveries.following) {
    app.deliveries.follow();
    focusGrid();
    return true;
  }
  if (app.screen.view === "deliveries" && !inBox && !inDetail && app.detail.id !== null) {
    app.navigation.leave();
    focusGrid();
    return true;
  }
  app.screen.covering = false;
  focusGrid();
  return false;
}

function focusGrid(): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>("[role=grid][tabindex='0'], [role=grid] [tabindex='0']")?.focus(),
  );
}

function search(app: Keyed): boolean {
  app.screen.go("deliveries");
  app.screen.covering = false;
  app.search.focus();
  return true;
}
