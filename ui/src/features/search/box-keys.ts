import type { Hits } from "../../state/hits.svelte";
import type { Search } from "../../state/search.svelte";
import type { Suggest } from "../../state/suggest.svelte";

export type BoxKeys = {
  search: Search;
  suggest: Suggest;
  hits: Hits;
  cursor: number;
  grammar: () => void;
  save: () => void;
};

/** What a key does in the search box; false where it keeps its own meaning. */
export function boxKey(event: KeyboardEvent, box: BoxKeys): boolean {
  const { search, suggest } = box;
  const bare = !event.ctrlKey && !event.metaKey && !event.altKey;
  switch (event.key) {
    case "ArrowDown":
    case "ArrowUp":
      if (!bare || event.shiftKey) return false;
      if (suggest.open) suggest.move(event.key === "ArrowDown" ? 1 : -1);
      else void suggest.ask(search.text, box.cursor);
      return true;
    case "Tab":
      return !event.shiftKey && bare && tab(box);
    case "Enter":
      return enter(event, box);
    case "Escape":
      if (!suggest.open) return false;
      suggest.close();
      return true;
    case "F1":
      suggest.close();
      box.grammar();
      return true;
    case "F3":
      if (event.shiftKey) box.hits.previous();
      else box.hits.next();
      return true;
    case "s":
      if (!(event.ctrlKey || event.metaKey) || event.altKey || search.text.trim() === "") return false;
      box.save();
      return true;
    default:
      return false;
  }
}

/** Takes what is chosen, or what mends the text, or what completes the word at the caret; else the focus goes on. */
function tab({ search, suggest, cursor }: BoxKeys): boolean {
  const { chosen } = suggest;
  if (chosen) suggest.take(chosen);
  else if (search.problems.some((one) => one.nearest !== null))
    search.fix(search.problems.find((one) => one.nearest !== null));
  else {
    const begun = suggest.open && /\S/.test(search.text[cursor - 1] ?? "");
    const first = suggest.groups.find((group) => group.name === "values" || group.name === "fields")?.items[0];
    if (!begun || !first) return false;
    suggest.take(first);
  }
  return true;
}

function enter(event: KeyboardEvent, { search, suggest }: BoxKeys): boolean {
  const { chosen } = suggest;
  if (event.ctrlKey || event.metaKey) return false;
  if (chosen) suggest.take(chosen, event.altKey);
  else {
    suggest.close();
    void search.submit();
  }
  return true;
}
