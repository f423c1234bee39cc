import type { Action } from "../../lib/keys";
import { resendable } from "../../lib/results";
import type { Areas } from "../../state/context";

type Shown = Pick<Areas, "results" | "screen">;

/**
 * Whether keys are those of opened rows: in the list of deliveries only while the focus is in them, because there ⇧R
 * means another thing.
 */
export function onResult({ results, screen }: Shown, target: Element | null): boolean {
  if (results.onscreen === null) return false;
  return screen.view !== "deliveries" || (target?.closest("[data-testid=result-panel]") ?? null) !== null;
}

/** What a key does with them; null where it is no key of theirs. */
export function resultKey({ results }: Pick<Areas, "results">, action: Action): boolean | null {
  const id = results.onscreen;
  const view = id === null ? undefined : results.of(id);
  if (id === null || !view) return null;
  const again = view.summary ? resendable(view.summary) : 0;
  switch (action) {
    case "next-failed":
    case "previous-failed":
      void results.rowsOf(id).nextFailed(action === "previous-failed");
      return true;
    case "save-failed":
      if (view.state === "ready" && again > 0) void results.save(view, "failed");
      return true;
    case "resubmit":
      if (view.state === "ready" && again > 0 && view.has_requests) void results.ask(id);
      return true;
    default:
      return null;
  }
}
