import { RangeSetBuilder, type Extension } from "@codemirror/state";
import {
  Decoration,
  ViewPlugin,
  WidgetType,
  type DecorationSet,
  type EditorView,
  type ViewUpdate,
} from "@codemirror/view";
import { VARIABLES, variablesIn } from "../../lib/variables";

/** Whether variables are filled in, and what they became last, by name. */
export type CodeVariables = { fill: boolean; values: ReadonlyMap<string, string> };

class GhostWidget extends WidgetType {
  readonly #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override eq(other: GhostWidget): boolean {
    return other.#text === this.#text;
  }

  override toDOM(): HTMLElement {
    const span = document.createElement("span");
    span.className = "cm-ghost";
    span.textContent = this.#text;
    span.dataset.testid = "variable-value";
    return span;
  }
}

const known = Decoration.mark({ class: "cm-var" });
const unknown = Decoration.mark({
  class: "cm-var-unknown",
  attributes: { title: "No variable has this name: it is sent as it is" },
});

/** Marks variables in the lines in sight, and writes behind each line what those in it became last. */
function drawn(view: EditorView, { fill, values }: CodeVariables): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  let done = -1;
  for (const { from, to } of fill ? view.visibleRanges : []) {
    for (let at = from; at <= to;) {
      const line = view.state.doc.lineAt(at);
      at = line.to + 1;
      if (line.from <= done) continue;
      done = line.from;
      const ghosts: string[] = [];
      for (const one of variablesIn(line.text)) {
        builder.add(line.from + one.from, line.from + one.to, one.known ? known : unknown);
        const said = one.known ? (values.get(one.name) ?? VARIABLES[one.name]) : undefined;
        if (said !== undefined && !ghosts.includes(said)) ghosts.push(said);
      }
      if (ghosts.length > 0)
        builder.add(line.to, line.to, Decoration.widget({ widget: new GhostWidget(ghosts.join(" · ")), side: 1 }));
    }
  }
  return builder.finish();
}

export const variableMarks = (shown: CodeVariables): Extension =>
  ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;

      constructor(view: EditorView) {
        this.decorations = drawn(view, shown);
      }

      update(update: ViewUpdate): void {
        if (update.docChanged || update.viewportChanged) this.decorations = drawn(update.view, shown);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
