import { getContext, setContext } from "svelte";

/** What an id in a payload leads to: in a word, in a sentence, and the way there. */
export type IdLink = { word: string; title: string; kind: string; go: () => void };

/** Knows what ids lead to. Both are called with what may be one; `look` again and again with the same. */
export type IdLinks = { of: (id: string) => IdLink | null; look: (ids: readonly string[]) => void };

const LINKS = "pollux:id-links";
const NONE: IdLinks = { of: () => null, look: () => undefined };

/** Ids within the component that calls it are links, where they lead somewhere. */
export function linkIds(links: IdLinks): void {
  setContext(LINKS, links);
}

export function useIdLinks(): IdLinks {
  return getContext<IdLinks | undefined>(LINKS) ?? NONE;
}
