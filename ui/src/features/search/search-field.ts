import { history, historyKeymap, standardKeymap } from "@codemirror/commands";
import { EditorState, StateEffect, StateField, type Range, type Transaction } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightSpecialChars,
  keymap,
  placeholder,
  WidgetType,
} from "@codemirror/view";
import type { QueryPart, QueryProblem } from "../../ipc";

/** What the list of suggestions says of itself, for who does not see it. */
export type Combobox = { open: boolean; list: string; active: string | null; invalid: boolean; describes: string };
export type FieldOptions = {
  parent: HTMLElement;
  text: string;
  ontext: (text: string, cursor: number) => void;
  /** The caret moved, in a text that stayed. */
  oncaret: (cursor: number) => void;
  /** True where the key was used. */
  onkey: (event: KeyboardEvent) => boolean;
  onremove: (start: number, end: number) => void;
  onfocus: (on: boolean) => void;
};
export type SearchField = {
  set: (text: string, caret?: number) => void;
  marks: (parts: readonly QueryPart[], problems: readonly QueryProblem[]) => void;
  combobox: (state: Combobox) => void;
  focus: (all: boolean) => void;
  caret: () => number;
  destroy: () => void;
};

const HINT = "Search headers, paths, ids and bodies, or type: verdict: since: …";

/** Colours are our tokens, which follow the theme by themselves. */
const theme = EditorView.theme({
  "&": { color: "var(--text)", fontSize: "13px", maxHeight: "106px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font)", lineHeight: "26px", overflowX: "hidden", scrollbarWidth: "none" },
  ".cm-content": {
    // Or the hint, which does not wrap, would make it wider than its room.
    minWidth: "0",
    padding: "2px 0",
    caretColor: "var(--star)",
    userSelect: "text",
    WebkitUserSelect: "text",
    cursor: "text",
  },
  ".cm-line": { padding: "0 2px" },
  ".cm-cursor": { borderLeftColor: "var(--star)", borderLeftWidth: "1.5px" },
  ".cm-placeholder": {
    color: "var(--mute)",
    maxWidth: "100%",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
  },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--star) 32%, transparent)",
  },
  ".cm-specialChar": { color: "var(--warn)", backgroundColor: "var(--warn-bg)", borderRadius: "3px", padding: "0 2px" },
  ".chip": {
    font: "12px var(--mono)",
    fontVariantLigatures: "none",
    letterSpacing: "-0.01em",
    color: "var(--info)",
    backgroundColor: "var(--info-bg)",
    padding: "4px 1px 4px 6px",
    borderRadius: "4px 0 0 4px",
    WebkitBoxDecorationBreak: "clone",
    boxDecorationBreak: "clone",
  },
  ".chip.not": { color: "var(--soft)", backgroundColor: "var(--sel)" },
  ".chip-x": {
    display: "inline-block",
    verticalAlign: "baseline",
    font: "12px var(--mono)",
    padding: "4px 5px 4px 3px",
    marginRight: "2px",
    borderRadius: "0 4px 4px 0",
    color: "var(--info)",
    backgroundColor: "var(--info-bg)",
    cursor: "default",
    lineHeight: "normal",
  },
  ".chip-x.not": { color: "var(--soft)", backgroundColor: "var(--sel)" },
  ".chip-x span": { opacity: "0.65" },
  ".chip-x:hover span": { opacity: "1" },
  ".operator": { color: "var(--star)", fontWeight: "600" },
  // WebKit knows these apart, and not as one.
  ".bad": {
    textDecorationLine: "underline",
    textDecorationStyle: "wavy",
    textDecorationColor: "var(--no)",
    textDecorationThickness: "1px",
    textUnderlineOffset: "4px",
    textDecorationSkipInk: "none",
  },
});

class Remove extends WidgetType {
  constructor(
    readonly negated: boolean,
    readonly remove: (at: number) => void,
  ) {
    super();
  }

  override eq(other: Remove): boolean {
    return other.negated === this.negated;
  }

  override toDOM(view: EditorView): HTMLElement {
    const box = document.createElement("span");
    box.className = this.negated ? "chip-x not" : "chip-x";
    box.setAttribute("aria-hidden", "true");
    box.dataset.testid = "chip-remove";
    box.title = "Remove";
    box.append(Object.assign(document.createElement("span"), { textContent: "×" }));
    // The focus stays where it is.
    box.addEventListener("mousedown", (event) => event.preventDefault());
    box.addEventListener("click", () => this.remove(view.posAtDOM(box)));
    return box;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

type Read = { parts: readonly QueryPart[]; problems: readonly QueryProblem[] };
const read = StateEffect.define<Read>();

function decorate({ parts, problems }: Read, length: number, remove: (at: number) => void): DecorationSet {
  const ranges: Range<Decoration>[] = [];
  const within = ({ start, end }: { start: number; end: number }) => start < end && end <= length;
  for (const part of parts.filter(within)) {
    const { kind, negated, start, end } = part;
    if (kind === "chip") {
      const mark = Decoration.mark({ class: negated ? "chip not" : "chip", inclusiveEnd: true });
      ranges.push(mark.range(start, end));
      ranges.push(Decoration.widget({ widget: new Remove(negated, remove), side: 2 }).range(end));
    } else if (kind === "or" || kind === "open" || kind === "close")
      ranges.push(Decoration.mark({ class: "operator" }).range(start, end));
  }
  for (const { start, end } of problems.map((one) => ({ ...one, end: Math.max(one.end, one.start + 1) })))
    if (start < length) ranges.push(Decoration.mark({ class: "bad" }).range(start, Math.min(end, length)));
  return Decoration.set(ranges, true);
}

const marking = (remove: (at: number) => void) =>
  StateField.define<DecorationSet>({
    create: () => Decoration.none,
    update(now, { changes, effects, state }: Transaction) {
      // Until the back end has read the new text, what was read of the old one moves along.
      let next = now.map(changes);
      for (const effect of effects) if (effect.is(read)) next = decorate(effect.value, state.doc.length, remove);
      return next;
    },
    provide: (field) => EditorView.decorations.from(field),
  });

/** It has one line: what is pasted with several is joined by spaces, which are as long. */
const oneLine = EditorState.transactionFilter.of((change) => {
  if (!change.docChanged || change.newDoc.lines === 1) return change;
  const breaks: { from: number; to: number; insert: string }[] = [];
  for (let line = 1; line < change.newDoc.lines; line++) {
    const { to } = change.newDoc.line(line);
    breaks.push({ from: to, to: to + 1, insert: " " });
  }
  return [change, { changes: breaks, sequential: true }];
});

/** The search box's text, its parts drawn as chips: one field of text, with the caret, selection and undo of one. */
export function searchField(options: FieldOptions): SearchField {
  const { parent, text, ontext, oncaret, onkey, onremove, onfocus } = options;
  let known = text;
  let parts: readonly QueryPart[] = [];
  let aria: Combobox = { open: false, list: "", active: null, invalid: false, describes: "" };
  const remove = (at: number) => {
    const part = parts.find((one) => one.kind === "chip" && one.end === at);
    if (part) onremove(part.start, part.end);
  };
  const attributes = (): Record<string, string> => ({
    role: "combobox",
    "aria-label": "Search deliveries",
    "aria-autocomplete": "list",
    "aria-haspopup": "listbox",
    "aria-expanded": String(aria.open),
    "aria-invalid": String(aria.invalid),
    ...(aria.open ? { "aria-controls": aria.list } : {}),
    ...(aria.active === null ? {} : { "aria-activedescendant": aria.active }),
    ...(aria.describes ? { "aria-describedby": aria.describes } : {}),
    spellcheck: "false",
    autocorrect: "off",
    autocapitalize: "off",
    "data-testid": "search-input",
  });
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        oneLine,
        history(),
        drawSelection(),
        highlightSpecialChars(),
        // As an element: a combobox has no attribute for it.
        placeholder(() => Object.assign(document.createElement("span"), { textContent: HINT })),
        marking(remove),
        theme,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of(attributes),
        EditorView.domEventHandlers({
          keydown: (event) => !event.isComposing && onkey(event),
          focus: () => onfocus(true),
          blur: () => onfocus(false),
        }),
        keymap.of([...historyKeymap, ...standardKeymap.filter((one) => one.key !== "Enter")]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) {
            const next = update.state.doc.toString();
            if (next === known) return;
            known = next;
            ontext(known, update.state.selection.main.head);
          } else if (update.selectionSet) oncaret(update.state.selection.main.head);
        }),
      ],
    }),
  });
  // A combobox has no such attribute; it is set by the editor, once.
  view.contentDOM.removeAttribute("aria-multiline");
  return {
    set: (next, caret = next.length) => {
      known = next;
      const changes = { from: 0, to: view.state.doc.length, insert: next };
      const same = view.state.doc.toString() === next;
      view.dispatch({ ...(same ? {} : { changes }), selection: { anchor: Math.min(caret, next.length) } });
    },
    marks: (now, problems) => {
      parts = now;
      view.dispatch({ effects: read.of({ parts: now, problems }) });
    },
    combobox: (state) => {
      aria = state;
      view.dispatch({});
    },
    focus: (all) => {
      view.focus();
      if (all) view.dispatch({ selection: { anchor: 0, head: view.state.doc.length } });
    },
    caret: () => view.state.selection.main.head,
    destroy: () => view.destroy(),
  };
}
