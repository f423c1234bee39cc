import { visible } from "../lib/invisible";
import { titleOf } from "../lib/jobs";
import { resendable } from "../lib/results";
import { called } from "../lib/webhooks";
import type { Now } from "../lib/why-not";
import type { Areas } from "./context";

export type NowOf = Pick<
  Areas,
  | "addresses"
  | "clock"
  | "compare"
  | "deliveries"
  | "detail"
  | "hits"
  | "jobs"
  | "keeping"
  | "listening"
  | "replay"
  | "results"
  | "samples"
  | "screen"
  | "verifyAgain"
  | "webhooks"
>;

/** The state of the window at this moment, as far as it decides what can be done. `focus`: what has the focus. */
export function nowOf(app: NowOf, focus: Element | null): Now {
  const { deliveries, detail, jobs, replay, screen, webhooks } = app;
  const { view } = screen;
  const { subject } = replay;
  const hook = webhooks.tab === "list" ? webhooks.selected : null;
  const opened = jobs.open.detail?.job ?? null;
  return {
    list: view === "deliveries",
    kept: view === "settings" && screen.settings === "history",
    hooks: view === "webhooks",
    jobs: view === "operations",
    compare: view === "compare",
    result: resultOf(app),
    focused: focus !== null && focus !== document.body,
    rows:
      view === "webhooks"
        ? webhooks.tab === "list"
          ? webhooks.list.length
          : 0
        : view === "operations"
          ? jobs.list.matched
          : deliveries.shown,
    following: deliveries.following,
    chosen: (deliveries.active?.ordinal ?? -1) >= 0,
    marked: replay.selection.size,
    subject: app.keeping.subject.length,
    unverified: app.verifyAgain.subject.length,
    attempt: detail.detail && {
      at: detail.detail.attempts.findIndex((row) => row.id === detail.detail?.row.id),
      of: detail.detail.attempts.length,
    },
    hits: app.hits.list.length,
    undoable: app.keeping.open(app.clock.now).length > 0,
    address: app.addresses.public ?? app.addresses.local,
    listening: app.listening.ready,
    sample: app.samples.last.event_type,
    target: subject && targetOf(app, subject.project),
    hookKey: (webhooks.project?.api_key ?? null) !== null,
    board: webhooks.board !== null,
    refreshing: webhooks.refreshing,
    hook: hook && visible(called(hook)),
    jobKey: (jobs.project?.api_key ?? null) !== null,
    job: view === "operations" && jobs.current !== null ? visible(opened ? titleOf(opened).text : jobs.current) : null,
    finding: jobs.open.finding !== null,
    differences: app.compare.differences.length,
    compared: app.compare.found !== null,
  };
}

function targetOf({ replay }: NowOf, project: number): string | null {
  const [first, ...others] = replay.targets.current(project);
  if (first === undefined) return null;
  const shown = visible(first.replace(/^https?:\/\//, ""));
  return others.length > 0 ? `${shown} and ${others.length} more` : shown;
}

function resultOf({ results }: NowOf): Now["result"] {
  const view = results.onscreen === null ? undefined : results.of(results.onscreen);
  if (!view) return null;
  return {
    ready: view.state === "ready",
    again: view.summary ? resendable(view.summary) : 0,
    requests: view.has_requests,
  };
}
