import type { Action } from "../../lib/keys";
import type { Areas } from "../../state/context";

type HookKeyed = Pick<Areas, "rotation" | "webhooks">;

/** What a key does in the Webhooks view; null where it does what it does everywhere. */
export function hookKey(app: HookKeyed, action: Action, target: Element | null): boolean | null {
  const hooks = app.webhooks;
  const one = hooks.tab === "list" ? hooks.selected : null;
  const move = (by: number) => {
    const id = one && hooks.move(by);
    if (id && target?.closest(".hook-list"))
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(`.hook-list [data-hook="${CSS.escape(id)}"]`)?.focus(),
      );
    return id !== null;
  };
  switch (action) {
    case "down":
      return move(1);
    case "up":
      return move(-1);
    case "first":
      return move(-Infinity);
    case "last":
      return move(Infinity);
    case "page-down":
      return move(5);
    case "page-up":
      return move(-5);
    case "open": {
      // On a button Enter presses it.
      if (one === null || target?.closest("button, a")) return false;
      hooks.covering = true;
      requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-testid=webhook-detail]")?.focus());
      return true;
    }
    case "back": {
      if (!hooks.covering) return false;
      hooks.covering = false;
      return true;
    }
    case "new-webhook": {
      if (!hooks.board || !hooks.project?.api_key) return false;
      hooks.add();
      return true;
    }
    case "ping":
      void (one && hooks.ping(one));
      return one !== null;
    case "rotate":
      if (one) app.rotation.ask(one, hooks.project?.id);
      return one !== null;
    case "edit-webhook":
      if (one) hooks.edit(one);
      return one !== null;
    default:
      return null;
  }
}
