import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { linter, lintGutter, lintKeymap, type Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { checkJson, type JsonProblem } from "../../lib/json";
import { standIn } from "../../lib/variables";
import { invisibleMarks } from "./code-marks";
import { variableMarks, type CodeVariables } from "./code-variables";

/** Colours are our tokens, which follow the theme by themselves. */
const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--bg)", fontSize: "12px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6" },
  ".cm-content": {
    padding: "8px 0",
    caretColor: "var(--star)",
    userSelect: "text",
    WebkitUserSelect: "text",
    cursor: "text",
  },
  ".cm-cursor": { borderLeftColor: "var(--star)", borderLeftWidth: "2px" },
  ".cm-line": { padding: "0 12px 0 6px" },
  ".cm-gutters": { backgroundColor: "var(--bg)", color: "var(--mute)", border: "none" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--sel) 45%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--sel)", border: "none", color: "var(--soft)", padding: "0 5px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--star) 28%, transparent)",
  },
  ".cm-selectionMatch": { backgroundColor: "var(--star-bg)" },
  ".cm-searchMatch": {
    backgroundColor: "var(--warn-bg)",
    outline: "1px solid color-mix(in srgb, var(--warn) 55%, transparent)",
  },
  ".cm-searchMatch-selected": { backgroundColor: "color-mix(in srgb, var(--star) 40%, transparent)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--sel)", outline: "1px solid var(--edge)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--no-bg)" },
  ".cm-specialChar": { color: "var(--warn)", backgroundColor: "var(--warn-bg)", borderRadius: "3px", padding: "0 2px" },
  ".cm-var, .cm-var span": { color: "var(--star)" },
  ".cm-var": { backgroundColor: "var(--star-bg)", borderRadius: "3px" },
  ".cm-var-unknown": {
    textDecoration: "underline wavy var(--warn) 1px",
    textUnderlineOffset: "3px",
  },
  ".cm-ghost": { color: "var(--mute)", paddingLeft: "2ch", overflowWrap: "anywhere" },
  ".cm-panels": { backgroundColor: "var(--panel)", color: "var(--text)" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-search": { fontFamily: "var(--font)", padding: "6px 30px 6px 8px" },
  ".cm-search label": { color: "var(--soft)" },
  ".cm-textfield": {
    border: "1px solid var(--edge)",
    borderRadius: "var(--r)",
    backgroundColor: "var(--bg)",
    color: "var(--text)",
    padding: "2px 7px",
  },
  ".cm-button": {
    border: "1px solid var(--line2)",
    borderRadius: "var(--r)",
    backgroundColor: "var(--panel)",
    backgroundImage: "none",
    color: "var(--text)",
    padding: "2px 8px",
  },
  ".cm-button:hover": { backgroundColor: "var(--hover)" },
  ".cm-panel.cm-search [name=close]": { color: "var(--mute)", fontSize: "16px", right: "8px" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line2)",
    borderRadius: "var(--r)",
    color: "var(--text)",
  },
  ".cm-diagnostic": { fontFamily: "var(--font)", padding: "5px 9px" },
  ".cm-diagnostic-warning": { borderLeft: "3px solid var(--warn)" },
  ".cm-lintRange-warning": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--warn) 1px",
    textUnderlineOffset: "3px",
  },
  ".cm-lint-marker": { width: "10px", height: "10px" },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--key)" },
  { tag: tags.string, color: "var(--str)" },
  { tag: tags.number, color: "var(--num)" },
  { tag: [tags.bool, tags.null], color: "var(--star)" },
  { tag: [tags.separator, tags.squareBracket, tags.brace, tags.punctuation], color: "var(--mute)" },
  { tag: tags.invalid, color: "var(--no)" },
]);

/** Said in the words of the payload's tree. A warning: what is broken on purpose can be sent. */
function problems(view: EditorView, fill: boolean, tell: (problem: JsonProblem | null) => void): Diagnostic[] {
  const written = view.state.doc.toString();
  // What will be filled in is read as if it were.
  const text = fill ? standIn(written) : written;
  const problem = text === "" ? null : checkJson(text).problem;
  tell(problem);
  if (!problem) return [];
  const from = Math.min(problem.offset, text.length);
  return [{ from, to: Math.min(text.length, from + 1), severity: "warning", message: problem.message }];
}

/** A megabyte takes a moment to read: only once the hand is still. */
const LINT_MS = 250;

/** Moves lines elsewhere; here the dialog around it has these keys. */
const TAKEN = ["Mod-Enter", "Alt-ArrowUp", "Alt-ArrowDown"];

export type Code = {
  set: (text: string) => void;
  json: (on: boolean) => void;
  variables: (shown: CodeVariables) => void;
  focus: () => void;
  destroy: () => void;
};
export type CodeOptions = {
  parent: HTMLElement;
  text: string;
  json: boolean;
  variables: CodeVariables;
  label: string;
  onchange: (text: string) => void;
  onproblem: (problem: JsonProblem | null) => void;
};

/** An editor of text that keeps every character: also those that end no line here, and those that cannot be seen. */
export function codeEditor({ parent, text, label, onchange, onproblem, ...given }: CodeOptions): Code {
  const [language, marks] = [new Compartment(), new Compartment()];
  let { json: isJson, variables } = given;
  const asJson = () => {
    const { fill } = variables;
    return [json(), linter((editor) => problems(editor, fill, onproblem), { delay: LINT_MS }), lintGutter()];
  };
  let known = text;
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        // A CR is a character of the body like any other.
        EditorState.lineSeparator.of("\n"),
        lineNumbers(),
        foldGutter(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        drawSelection(),
        history(),
        bracketMatching(),
        highlightSelectionMatches(),
        invisibleMarks,
        marks.of(variableMarks(variables)),
        search({ top: true }),
        syntaxHighlighting(colours),
        language.of(isJson ? asJson() : []),
        theme,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          "aria-label": label,
          spellcheck: "false",
          autocorrect: "off",
          autocapitalize: "off",
          "data-testid": "body-code",
        }),
        keymap.of([
          ...searchKeymap,
          ...defaultKeymap.filter((one) => !TAKEN.includes(one.key ?? "")),
          ...historyKeymap,
          ...foldKeymap,
          ...lintKeymap,
        ]),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          known = update.state.doc.toString();
          onchange(known);
        }),
      ],
    }),
  });
  return {
    set: (next) => {
      if (next === known) return;
      known = next;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    json: (on) => {
      if (on === isJson) return;
      isJson = on;
      view.dispatch({ effects: language.reconfigure(on ? asJson() : []) });
    },
    variables: (shown) => {
      const effects = [marks.reconfigure(variableMarks(shown))];
      // Whether it is JSON depends on what will stand there.
      if (shown.fill !== variables.fill && isJson) {
        variables = shown;
        effects.push(language.reconfigure(asJson()));
      }
      variables = shown;
      view.dispatch({ effects });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
