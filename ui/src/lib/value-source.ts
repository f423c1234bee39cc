import type { Attachment } from "svelte/attachments";
import type { MenuValue } from "./menu";

/** What elements stand for that are too large to be said in an attribute. */
const SOURCES = new WeakMap<Element, () => MenuValue | null>();

/** Says what an element stands for, to whoever opens a menu on it. */
export function standsFor(value: () => MenuValue | null): Attachment {
  return (element) => {
    SOURCES.set(element, value);
    return () => void SOURCES.delete(element);
  };
}

/** What an element, or the nearest one around it, stands for. */
export function valueOfElement(element: Element | null): MenuValue | null {
  for (let at = element; at; at = at.parentElement) {
    const value = SOURCES.get(at);
    if (value) return value();
  }
  return null;
}
