import type { Action } from "../../lib/keys";
import type { Areas } from "../../state/context";
import type { ViewName } from "../../state/screen.svelte";

type WindowKeyed = Pick<
  Areas,
  "copying" | "firstSteps" | "palette" | "projectForm" | "samples" | "screen" | "tunnel" | "webhooks"
>;

const VIEWS: Partial<Record<Action, ViewName>> = {
  "go-deliveries": "deliveries",
  "go-webhooks": "webhooks",
  "go-secrets": "secrets",
  "go-handler": "handler",
  "go-operations": "operations",
  "go-sandbox": "sandbox",
  "go-projects": "projects",
  settings: "settings",
};

/** What is done in the same way whatever is on the screen; null: it is about what a view shows. */
export function windowKey(app: WindowKeyed, action: Action): boolean | null {
  const view = VIEWS[action];
  if (view !== undefined) {
    app.screen.go(view);
    return true;
  }
  switch (action) {
    case "palette":
      app.palette.show();
      return true;
    case "keys":
      app.screen.keysShown = true;
      return true;
    case "copy-address":
      void app.copying.address();
      return true;
    case "send-sample":
      void app.samples.sendAndTell(app.samples.last);
      return true;
    case "add-project":
      void app.projectForm.open(null);
      return true;
    case "tunnel":
      app.tunnel.shown = true;
      return true;
    case "first-steps":
      void app.firstSteps.show();
      return true;
    case "refresh-webhooks":
      void app.webhooks.refresh();
      return true;
    default:
      return null;
  }
}
