/**
 * What is filled in for each request when it is sent: `{{now}}`, `{{now_s}}`, `{{uuid}}`, as the back end reads them.
 * Whatever else stands between braces is sent as it was written.
 */
export const VARIABLES: Readonly<Record<string, string>> = {
  now: "the time of sending, as in a payload",
  now_s: "the time of sending in Unix seconds",
  uuid: "a new UUID for each request",
};

/** One in a text; `to` is exclusive. */
export type Variable = { name: string; from: number; to: number; known: boolean };

const FORM = /\{\{[ \t]*([A-Za-z_][\w.-]*)[ \t]*\}\}/g;

/** All of a text, in order, also those that nobody knows. */
export function variablesIn(text: string): Variable[] {
  const found: Variable[] = [];
  if (!text.includes("{{")) return found;
  for (const match of text.matchAll(FORM)) {
    const [whole, name = ""] = match;
    found.push({ name, from: match.index, to: match.index + whole.length, known: Object.hasOwn(VARIABLES, name) });
  }
  return found;
}

export const hasKnown = (text: string): boolean => variablesIn(text).some((one) => one.known);

/**
 * The text with digits in place of what will be filled in, as many as there were characters: it can be read as JSON,
 * and every place in it stays where it was.
 */
export function standIn(text: string): string {
  let filled = "";
  let at = 0;
  for (const { from, to, known } of variablesIn(text)) {
    if (!known) continue;
    filled += text.slice(at, from) + "1".repeat(to - from);
    at = to;
  }
  return filled + text.slice(at);
}

const SAID = /^\{\{(\w+)\}\} (.+)$/;

/** What variables became in a request, by name: the back end says it with what was changed. */
export function valuesOf(changes: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const change of changes) {
    const [, name, value] = SAID.exec(change) ?? [];
    if (name !== undefined && value !== undefined) values.set(name, value);
  }
  return values;
}

/** The changes without them. */
export const changesAlone = (changes: readonly string[]): string[] => changes.filter((one) => !SAID.test(one));

/** What is told of names that are no variables; null where there are none. */
export function unknownIn(texts: readonly string[]): string | null {
  const names = new Set(texts.flatMap((text) => variablesIn(text).filter((one) => !one.known)).map((one) => one.name));
  const [first] = names;
  if (first === undefined) return null;
  const more = names.size > 1 ? ` and ${names.size - 1} more` : "";
  return `No variable is called ${first}${more}: ${names.size > 1 ? "they are" : "it is"} sent as written.`;
}
