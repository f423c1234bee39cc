/**
 * The text of a query, as far as the window changes it: it adds a part, takes one out, sets the range of time and the
 * project. What a query means is read by the back end alone; here only its parts are told apart: they end at white
 * space that stands in no quotes and no parentheses.
 */
export type Part = {
  start: number;
  end: number;
  /** As it is written, without the sign. */
  text: string;
  negated: boolean;
  /** Before the colon; null: free text, a group, or `or`. */
  field: string | null;
  /** After the colon, as it is written. */
  value: string;
};

const FIELD = /^[a-z][a-z_-]*(?:\.(?:"(?:[^"\\]|\\.)*"|[^\s":()])+)?:/i;
const PLAIN = /^[^\s"(),\\=*<>#-][^\s"(),\\*]*$/;
const WORDS = ["none", "or", "and", "not"];
const TIMES = ["since", "after", "until", "before", "at", "on"];

/** The parts at the top, in order. A quote or parenthesis that is not closed takes the rest. */
export function parts(text: string): Part[] {
  const found: Part[] = [];
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at] ?? "")) {
      at++;
      continue;
    }
    const end = endOf(text, at);
    found.push(partOf(text, at, end));
    at = end;
  }
  return found;
}

function endOf(text: string, from: number): number {
  let quoted = false;
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at] ?? "";
    if (quoted && char === "\\") at++;
    else if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === "(") depth++;
    else if (char === ")") depth = Math.max(0, depth - 1);
    else if (depth === 0 && /\s/.test(char)) return at;
  }
  return text.length;
}

function partOf(text: string, start: number, end: number): Part {
  const whole = text.slice(start, end);
  const negated = whole.startsWith("-") && whole.length > 1;
  const own = negated ? whole.slice(1) : whole;
  const name = FIELD.exec(own)?.[0];
  return {
    start,
    end,
    text: own,
    negated,
    field: name === undefined ? null : name.slice(0, -1),
    value: name === undefined ? "" : own.slice(name.length),
  };
}

/** A value as it is written after a colon: in quotes where it would not be read as one value. */
export function quoted(value: string): string {
  return PLAIN.test(value) && !WORDS.includes(value.toLowerCase()) ? value : inQuotes(value);
}

const inQuotes = (text: string) => `"${text.replace(/[\\"]/g, "\\$&")}"`;

/** What stands in quotes, without them. */
export function unquoted(text: string): string {
  return /^"(?:[^"\\]|\\.)*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, "$1") : text;
}

/** `type:batch.failed`, `-header.x-eval:"two words"`; without a field the text itself. */
export function term(field: string, value: string, negated = false): string {
  const sign = negated ? "-" : "";
  if (field !== "") return `${sign}${field}:${quoted(value)}`;
  return sign + (value.includes(":") ? inQuotes(value) : quoted(value));
}

const isOr = (part: Part) => part.text.toLowerCase() === "or" && part.field === null && !part.negated;
const tidy = (text: string) => text.trim();

/** Puts all of it into parentheses where it has an `or` that a further part would bind tighter than. */
function grouped(text: string): string {
  return parts(text).some(isOr) ? `(${tidy(text)})` : tidy(text);
}

/** Narrows by one more part. What says the same is not doubled, what says the opposite gives way. */
export function withTerm(text: string, field: string, value: string, negated: boolean): string {
  const added = term(field, value, negated);
  const opposite = term(field, value, !negated);
  const list = parts(text);
  const plain = !list.some(isOr);
  const at = (one: string) => (plain ? list.find((part) => text.slice(part.start, part.end) === one) : undefined);
  if (at(added)) return text;
  const other = at(opposite);
  if (other) return text.slice(0, other.start) + added + text.slice(other.end);
  return `${grouped(text)} ${added}`.trim();
}

/** Takes out a range, and the white space that would then be doubled. An `or` that lost its side goes with it. */
export function without(text: string, start: number, end: number): string {
  const before = text.slice(0, start).trimEnd();
  const after = text.slice(end).trimStart();
  const joined = before === "" || after === "" ? before + after : `${before} ${after}`;
  return tidy(
    joined
      .replace(/(^|\s)or(\s+or)*$/i, "")
      .replace(/^or(\s|$)/i, "")
      .replace(/(\sor)(\s+or)+(?=\s)/gi, "$1"),
  );
}

/** Takes out the parts of these fields that stand alone at the top and are not negated. */
function withoutFields(text: string, fields: readonly string[]): string {
  const list = parts(text);
  if (list.some(isOr)) return text;
  let left = text;
  for (const part of list.reverse())
    if (!part.negated && part.field !== null && fields.includes(part.field.toLowerCase()))
      left = without(left, part.start, part.end);
  return left;
}

/** A part of the day as the grammar reads it: local time, no finer than needed. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  const pad = (n: number, width = 2) => String(n).padStart(width, "0");
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const seconds = date.getSeconds();
  const millis = date.getMilliseconds();
  const fine = millis ? `:${pad(seconds)}.${pad(millis, 3)}` : seconds ? `:${pad(seconds)}` : "";
  return `${day}T${time}${fine}`;
}

/** Sets the range of time, [from, to) in Unix ms, in the place of the one that there is; null leaves an end open. */
export function withRange(text: string, from: number | null, to: number | null): string {
  const rest = withoutFields(text, TIMES);
  const times = [from === null ? "" : `since:${timeText(from)}`, to === null ? "" : `until:${timeText(to)}`];
  return [grouped(rest), ...times].filter(Boolean).join(" ");
}

/** Whether it says anything of time at its top. */
export function hasRange(text: string): boolean {
  return withoutFields(text, TIMES) !== text;
}

/** The name of the one project that it asks for at its top, or null. */
export function projectIn(text: string): string | null {
  const list = parts(text);
  const named = list.filter((part) => part.field?.toLowerCase() === "project" && !part.negated);
  const value = named[0]?.value.replace(/^=/, "");
  return named.length === 1 && value !== undefined && !list.some(isOr) ? unquoted(value) : null;
}

/** Asks for a project, in the place of the one that it asks for; null: all of them. */
export function withProject(text: string, name: string | null): string {
  const rest = withoutFields(text, ["project"]);
  return name === null ? rest : `${term("project", name)} ${grouped(rest)}`.trim();
}

/** Whether anything but the project narrows it: "nothing matches" and "nothing yet" are different texts. */
export function narrows(text: string): boolean {
  return withProject(text, null).trim() !== "";
}
