/**
 * Keeps the focus in the window. What has it may be taken away under it: a row that is deleted, a dialog that closes
 * together with what it was opened from, a button that waits for an answer. The engine then gives the focus to the
 * body, where Tab starts all over and nothing is read aloud. It goes to what stands nearest instead: the same control
 * of the row that took its place, or something else in the same part. A view that is left takes its focus with it.
 */
const TABBED = "a[href], button, input, select, textarea, summary, [tabindex], [contenteditable='true']";
/** How many places are remembered of each layer: of a dialog, and of what it was opened from. */
const OF_LAYER = 3;
const DEPTH = 12;

type Place = {
  element: HTMLElement;
  /** The dialog or menu that it stands in; null: the window itself. */
  layer: Element | null;
  /** The test hook that it shares with its like in other rows. */
  like: string | undefined;
  /** What it stands in, from the inside out, up to its view; and the how manyth of its like it was there. */
  around: { part: HTMLElement; at: number }[];
};

/** Watches a document until the answer is called. */
export function keepFocus(page: Document): () => void {
  let places: Place[] = [];
  /** It left by itself, and nothing was taken away. */
  let givenUp = false;
  let frame = 0;

  function came({ target }: FocusEvent) {
    if (!(target instanceof HTMLElement) || target === page.body) return;
    givenUp = false;
    const known = [placeOf(target, page), ...places.filter((place) => place.element !== target)];
    const sameBefore = (place: Place, at: number) => known.slice(0, at).filter((one) => one.layer === place.layer);
    places = known.filter((place, at) => sameBefore(place, at).length < OF_LAYER).slice(0, DEPTH);
  }

  function went({ target }: FocusEvent) {
    queueMicrotask(() => {
      if (target instanceof HTMLElement && isLost(page)) givenUp = target.isConnected && !target.matches(":disabled");
    });
  }

  function changed() {
    const last = places[0];
    if (!last || givenUp || !isLost(page)) return;
    // One that waits is gone back to when it waits no longer.
    if (last.element.isConnected && !takesFocus(last.element)) return;
    // Whoever took it away may have a better place for the focus, and says so by the next frame.
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      if (isLost(page)) nearest(places)?.focus({ preventScroll: true });
    });
  }

  const observer = new MutationObserver(changed);
  observer.observe(page.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
  page.addEventListener("focusin", came);
  page.addEventListener("focusout", went);
  return () => {
    observer.disconnect();
    page.removeEventListener("focusin", came);
    page.removeEventListener("focusout", went);
    cancelAnimationFrame(frame);
  };
}

function isLost(page: Document): boolean {
  return page.activeElement === null || page.activeElement === page.body;
}

function placeOf(element: HTMLElement, page: Document): Place {
  const like = element.dataset.testid;
  const around: Place["around"] = [];
  for (let part = element.parentElement; part && part !== page.body; part = part.parentElement) {
    if (part.matches("main, .app, #app")) break;
    around.push({ part, at: alike(part, like).indexOf(element) });
  }
  return { element, layer: element.closest("[role=dialog], [role=alertdialog], [role=menu]"), like, around };
}

/** What there is in a part of one hook; without one, everything that can have the focus. */
function alike(part: HTMLElement, like: string | undefined): HTMLElement[] {
  return [...part.querySelectorAll<HTMLElement>(like ? `[data-testid=${JSON.stringify(like)}]` : TABBED)];
}

/** Where the focus goes: near the place that had it last, or near an earlier one. */
function nearest(places: readonly Place[]): HTMLElement | null {
  for (const { element, like, around } of places) {
    if (element.isConnected && takesFocus(element)) return element;
    for (const { part, at } of around) {
      if (!part.isConnected) continue;
      const same = like ? alike(part, like).filter(takesFocus) : [];
      const found = same[Math.min(Math.max(at, 0), same.length - 1)] ?? alike(part, undefined).find(takesFocus);
      if (found) return found;
    }
  }
  return null;
}

function takesFocus(element: HTMLElement): boolean {
  return element.tabIndex >= 0 && !element.matches(":disabled, [inert] *") && isShown(element);
}

/** Where the engine cannot say, it is taken to be. */
function isShown(element: HTMLElement): boolean {
  return typeof element.checkVisibility !== "function" || element.checkVisibility({ visibilityProperty: true });
}
