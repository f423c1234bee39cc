import { getContext, setContext } from "svelte";
import { forField, type Needle } from "../lib/needles";

/** What this is called among the contexts of a component. */
export const NEEDLES = "pollux:needles";

/** What is marked in the texts of the component that calls it, and of all within. */
export function markNeedles(needles: () => readonly Needle[]): void {
  setContext(NEEDLES, needles);
}

/** What is marked in a text of a field; "": what is looked for everywhere. */
export function useNeedles(): (field: string) => readonly string[] {
  const needles = getContext<(() => readonly Needle[]) | undefined>(NEEDLES);
  return needles === undefined ? () => [] : (field) => forField(needles(), field);
}
