import type { Action } from "../../lib/keys";
import { openMenuByKey } from "../../lib/menu-on";
import type { Areas } from "../../state/context";

export type KeptKeyed = Pick<Areas, "clock" | "copyingAs" | "keeping" | "transfers">;

/** What a key does with deliveries that are kept, copied or taken elsewhere; null: it is about something else. */
export function keepKey(app: KeptKeyed, action: Action): boolean | null {
  switch (action) {
    case "copy-payload":
      void app.copyingAs.subject("payload");
      return app.keeping.subject.length > 0;
    case "copy-curl":
      void app.copyingAs.subject("curl");
      return app.keeping.subject.length > 0;
    case "pin":
      void app.keeping.togglePin();
      return app.keeping.subject.length > 0;
    case "note":
      void app.keeping.write();
      return app.keeping.subject.length > 0;
    case "delete":
      void app.keeping.deleteSubject();
      return app.keeping.subject.length > 0;
    case "undo":
      return app.keeping.undo(app.clock.now);
    case "menu":
      return openMenuByKey(document.activeElement);
    case "export":
      app.transfers.ask();
      return true;
    default:
      return null;
  }
}
