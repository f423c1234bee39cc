import type { Action } from "../../lib/keys";
import type { Areas } from "../../state/context";

/** What a key does in a comparison; null: what it does everywhere. */
export function compareKey(compare: Areas["compare"], action: Action): boolean | null {
  switch (action) {
    case "next-difference":
      return compare.step(1);
    case "previous-difference":
      return compare.step(-1);
    case "next-side":
      void compare.other(1);
      return true;
    case "previous-side":
      void compare.other(-1);
      return true;
    case "swap":
      void compare.swap();
      return true;
    case "only-differences":
      compare.toggle();
      return true;
    case "copy-comparison":
      void compare.copy();
      return compare.found !== null;
    case "back":
      compare.close();
      return true;
    default:
      return null;
  }
}
