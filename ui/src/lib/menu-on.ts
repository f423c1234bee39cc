import type { Attachment } from "svelte/attachments";

/** Where a menu opens: at the pointer, or under what has the focus. */
export type MenuPlace = { x: number; y: number; from: HTMLElement };

/** Opens a menu of our own on an element; `open` answers false where there is nothing to offer. */
export function menuOn(open: (place: MenuPlace, event: MouseEvent) => unknown): Attachment<HTMLElement> {
  return (node) => {
    /** The press that opened the menu has not ended. */
    let pressed = false;
    const opened = (event: MouseEvent) => {
      if (event.defaultPrevented) return;
      const place = { x: event.clientX, y: event.clientY, from: node };
      if (open(place, event) === false) return;
      event.preventDefault();
      pressed = event.button === 2 || event.ctrlKey;
    };
    // WebKit can tell of its end as a click of the first button, and that would do what a click does.
    const clicked = (event: MouseEvent) => {
      if (!pressed) return;
      pressed = false;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    const begun = () => (pressed = false);
    node.addEventListener("contextmenu", opened);
    node.addEventListener("click", clicked, true);
    node.addEventListener("pointerdown", begun, true);
    node.addEventListener("keydown", begun, true);
    return () => {
      node.removeEventListener("contextmenu", opened);
      node.removeEventListener("click", clicked, true);
      node.removeEventListener("pointerdown", begun, true);
      node.removeEventListener("keydown", begun, true);
    };
  };
}

/** The same by a key: as if what has the focus had been clicked, below its beginning. False where nothing listens. */
export function openMenuByKey(at: Element | null): boolean {
  if (!(at instanceof HTMLElement) || at === document.body) return false;
  const box = at.getBoundingClientRect();
  const event = new MouseEvent("contextmenu", {
    bubbles: true,
    cancelable: true,
    clientX: box.left + Math.min(box.width / 2, 120),
    clientY: Math.min(box.bottom, window.innerHeight) - 4,
  });
  return !at.dispatchEvent(event);
}
