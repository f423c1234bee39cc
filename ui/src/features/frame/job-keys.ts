import type { Action } from "../../lib/keys";
import type { Jobs } from "../../state/jobs.svelte";

const PAGE = 8;

/** What a key does in the Operations view; null where it does what it does everywhere. */
export function jobKey(jobs: Jobs, action: Action, target: Element | null): boolean | null {
  const move = (by: number) => {
    if (jobs.list.matched === 0) return false;
    void jobs.move(by);
    return true;
  };
  switch (action) {
    case "down":
      return move(1);
    case "up":
      return move(-1);
    case "first":
      void jobs.moveTo(0);
      return true;
    case "last":
      void jobs.moveTo(jobs.list.matched - 1);
      return true;
    case "page-down":
      return move(PAGE);
    case "page-up":
      return move(-PAGE);
    case "open": {
      // On a button Enter presses it.
      if (jobs.current === null || target?.closest("button, a, summary")) return false;
      jobs.covering = true;
      requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-testid=job-detail]")?.focus());
      return true;
    }
    case "back":
      return back(jobs, target);
    case "search":
      jobs.covering = false;
      jobs.sought++;
      return true;
    case "new-job":
      jobs.asking = "new";
      return true;
    case "open-job":
      if (!jobs.project?.api_key) return false;
      jobs.asking = "open";
      return true;
    case "next-finding":
      void jobs.nextFinding();
      return true;
    case "collect":
      if (!jobs.open.finding) return false;
      jobs.collect();
      jobs.covering = true;
      return true;
    case "make-event":
      if (!jobs.open.finding) return false;
      jobs.asking = "make";
      return true;
    case "copy-report":
      void jobs.copyReport();
      return jobs.open.finding !== null;
    default:
      return null;
  }
}

/** From the box to the list; then the filter goes; then the detail gives the list back. */
function back(jobs: Jobs, target: Element | null): boolean {
  const inBox = target?.closest("[data-testid=jobs-search]") ?? null;
  if (inBox instanceof HTMLElement) inBox.blur();
  else if (jobs.covering) jobs.covering = false;
  else if (jobs.list.narrowed && !target?.closest("[data-testid=job-detail]"))
    void jobs.list.setFilter({ text: "", kind: null, missed: false });
  const row = document.querySelector<HTMLElement>("[data-testid=job-grid] [aria-selected=true]");
  requestAnimationFrame(() => row?.focus());
  return true;
}
