import {
  Decoration,
  MatchDecorator,
  ViewPlugin,
  WidgetType,
  type DecorationSet,
  type EditorView,
  type ViewUpdate,
} from "@codemirror/view";
import { marks, markOf, pattern } from "../../lib/invisible";

class MarkWidget extends WidgetType {
  readonly #char: string;

  constructor(char: string) {
    super();
    this.#char = char;
  }

  override eq(other: MarkWidget): boolean {
    return other.#char === this.#char;
  }

  override toDOM(): HTMLElement {
    const span = document.createElement("span");
    span.className = "cm-specialChar";
    span.textContent = markOf(this.#char);
    span.title = "Invisible character";
    return span;
  }

  override ignoreEvent(): boolean {
    return false;
  }
}

const finder = new MatchDecorator({
  regexp: pattern("returns"),
  decorate: (add, from, _to, match) => {
    // An emoji is left whole; what follows one that nobody draws is not.
    for (const { index, char } of marks(match[0], "returns"))
      add(from + index, from + index + char.length, Decoration.replace({ widget: new MarkWidget(char) }));
  },
});

/** Marks what cannot be seen in the text that is edited, as `Text` does where it is only shown. */
export const invisibleMarks = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = finder.createDeco(view);
    }

    update(update: ViewUpdate): void {
      this.decorations = finder.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
