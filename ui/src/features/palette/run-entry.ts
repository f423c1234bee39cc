import { tick } from "svelte";
import { whenThere } from "../../lib/when-there";
import type { Action } from "../../lib/keys";
import type { Entry, Run } from "../../lib/palette";
import { isHere, whyNot } from "../../lib/why-not";
import { rowOf } from "../../lib/key-table";
import type { Areas } from "../../state/context";
import { SETTINGS_PAGES } from "../../state/screen.svelte";

/** What entries lead to. */
export type PaletteAreas = Pick<
  Areas,
  "clipboard" | "detail" | "jobs" | "navigation" | "palette" | "projects" | "samples" | "screen" | "toasts" | "webhooks"
>;
/** What keys do; false where there was nothing to do. */
export type Perform = (action: Action, target: Element | null) => boolean;

/** Does what an entry says. The palette is closed, and what had the focus before has it again. */
export async function runEntry(app: PaletteAreas, { label, run }: Entry, perform: Perform): Promise<void> {
  if (run.does === "action") await act(app, label, run.action, perform);
  else await go(app, run);
}

async function act(app: PaletteAreas, label: string, action: Action, perform: Perform): Promise<void> {
  const { from } = rowOf(action);
  if (from !== undefined && !isHere(action, app.palette.now())) {
    app.screen.go(from);
    await tick();
    if (from === "webhooks") await app.webhooks.load();
  }
  const why = whyNot(action, app.palette.now());
  const focus = document.activeElement;
  // What could be done a moment ago may be over.
  if (why !== null || !perform(action, focus)) app.toasts.info(`${label}: ${why ?? "there is nothing to do here"}.`);
}

async function go(app: PaletteAreas, run: Run): Promise<void> {
  switch (run.does) {
    case "setting":
      setting(app, run.page, run.name);
      break;
    case "project":
      app.projects.choose(run.project);
      break;
    case "webhook":
      webhook(app, run.project, run.id);
      break;
    case "sample":
      await app.samples.sendAndTell(run.request, run.label);
      break;
    case "find":
      app.navigation.find(run.query);
      break;
    case "delivery":
      await app.navigation.reveal(run.id);
      if (run.tab !== null) app.detail.tab = run.tab;
      focusOn(run.tab === null ? "[data-testid=detail]" : `#tab-${run.tab}`);
      break;
    case "job":
      app.screen.go("operations");
      await tick();
      await app.jobs.reveal(run.project, run.name);
      break;
    case "look-up":
      app.screen.go("operations");
      await tick();
      await app.jobs.byId.drop(run.text);
      break;
    case "copy":
      await app.clipboard.copy(run.text, "Id");
      break;
    default:
      break;
  }
}

/** A webhook is shown by its project, which the bar follows where it chooses one. */
function webhook({ projects, screen, webhooks }: PaletteAreas, project: number, id: string): void {
  if (projects.chosenId !== null && projects.chosenId !== project) projects.choose(project);
  webhooks.pick(project);
  webhooks.chosen = new Map(webhooks.chosen).set(project, id);
  webhooks.tab = "list";
  webhooks.covering = true;
  screen.go("webhooks");
}

function setting({ screen }: PaletteAreas, to: string, name: string | null): void {
  const page = SETTINGS_PAGES.find((one) => one === to);
  if (page === undefined) return;
  screen.openSettings(page);
  if (name === null) focusOn(`#settings-${page}`);
  else focusOn(`#settings-page [data-setting="${name}"]`);
}

const FIELD = "input:checked, input:not([type=radio]), select, textarea, button, [tabindex='0']";

/** Gives the focus to what a selector finds, or to the first field in it, as soon as it is there. */
function focusOn(selector: string): void {
  whenThere(
    () => document.querySelector<HTMLElement>(selector),
    (found) => {
      const own = found.matches("button, a, input, [tabindex]");
      const field = own ? found : found.querySelector<HTMLElement>(FIELD);
      // What has no field is brought into sight all the same.
      if (!field) found.tabIndex = -1;
      found.scrollIntoView({ block: "nearest" });
      (field ?? found).focus({ preventScroll: true });
    },
  );
}
