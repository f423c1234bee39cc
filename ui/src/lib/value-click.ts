/** The value that an element shows, if a search can ask for it. */
export type Term = { field: string; value: string };

/** The value at an element, or around it. */
export function termAt(target: EventTarget | null): Term | null {
  const element = target instanceof Element ? target.closest<HTMLElement>("[data-field]") : null;
  const { field, value } = element?.dataset ?? {};
  return field === undefined || value === undefined ? null : { field, value };
}

/**
 * Whether a click was meant for the value: not the end of a selection, not a double click (which selects a word), and
 * not for a button in it.
 */
export function meansValue(event: MouseEvent): boolean {
  if (event.button !== 0 || event.detail > 1 || event.ctrlKey || event.metaKey || event.shiftKey) return false;
  const inside = event.target instanceof Element && event.target.closest("button, a, input, textarea, select") !== null;
  return !inside && (document.getSelection()?.isCollapsed ?? true);
}

/** A second click within this time would select the word. */
const DOUBLE_MS = 220;

/** Tells of clicks that were meant for a value, once no second one has followed. */
export function valueClicks(tell: (term: Term, altKey: boolean) => void): (event: MouseEvent) => void {
  let meant: ReturnType<typeof setTimeout> | undefined;
  return (event) => {
    clearTimeout(meant);
    const term = meansValue(event) ? termAt(event.target) : null;
    if (term) meant = setTimeout(() => tell(term, event.altKey), DOUBLE_MS);
  };
}
