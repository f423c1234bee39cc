import { members, reading, type JsonRead, type JsonValue } from "./json";
import { isContainer, type JsonLine } from "./json-lines";
import { atOnce } from "./slices";

/** A key as it is written in a path: in quotes where it would not be read as one key. */
function step(key: string): string {
  const plain = key !== "" && key !== "*" && !/[\s"(),.:[\]]/.test(key);
  return plain ? key : `"${key.replace(/[\\"]/g, "\\$&")}"`;
}

/** The key of a member as text; as it is written where it is no string that can be read. */
function keyOf(text: string, { start, end }: { start: number; end: number }): string {
  const written = text.slice(start, end);
  try {
    return JSON.parse(written) as string;
  } catch {
    return written;
  }
}

/** A key, or the number of an element. */
export type Step = string | number;

/** What a path of a query goes through: `data.items[0]."te xt"` → data, items, 0, te xt. Null where it is none. */
export function stepsOf(path: string): Step[] | null {
  const steps: Step[] = [];
  const part = /\[(?<index>\d+)\]|(?<dot>\.?)(?:"(?<quoted>(?:[^"\\]|\\["\\])*)"|(?<plain>[^\s"(),.:[\]]+))/y;
  while (part.lastIndex < path.length) {
    const first = part.lastIndex === 0;
    const found = part.exec(path)?.groups;
    // A key follows another one behind a dot, and begins without.
    if (!found || (found.index === undefined && first === (found.dot === "."))) return null;
    steps.push(
      found.index !== undefined
        ? Number(found.index)
        : (found.plain ?? (found.quoted ?? "").replace(/\\(["\\])/g, "$1")),
    );
  }
  return steps;
}

/** The same as JSONPath (RFC 9535): `$.data.items[0]['te xt']`. */
export function jsonPathOf(steps: readonly Step[]): string {
  return `$${steps
    .map((one) =>
      typeof one === "number" ? `[${one}]` : /^[A-Za-z_]\w*$/.test(one) ? `.${one}` : `['${singleQuoted(one)}']`,
    )
    .join("")}`;
}

/** As a name in single quotes is written there. */
function singleQuoted(name: string): string {
  return JSON.stringify(name).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'");
}

/** How a value is got at in JavaScript and in Python alike: `["data"]["items"][0]`. */
export function accessOf(steps: readonly Step[]): string {
  return steps.map((one) => `[${JSON.stringify(one)}]`).join("");
}

/** Longer ones are asked for by nobody, and a hostile nesting makes them without end. */
const LONGEST = 400;

/** `data.items[0].x`: where the value of each line stands, from the root, which is ""; null where that is too long. */
export function pathsOf(text: string, lines: readonly JsonLine[]): (string | null)[] {
  const byStart = new Map<number, string | null>();
  return lines.map((line) => {
    if (line.at !== "value") return null;
    const { value, parent } = line;
    const outer = parent === null ? "" : (byStart.get(parent) ?? null);
    let path: string | null = outer;
    if (parent !== null && outer !== null) {
      const own = value.key ? step(keyOf(text, value.key)) : `[${value.index}]`;
      path = value.key && outer !== "" ? `${outer}.${own}` : outer + own;
      if (path.length > LONGEST) path = null;
    }
    byStart.set(value.start, path);
    return path;
  });
}

/** More members than this in one container are not looked through for a place. */
const MOST_MEMBERS = 20_000;

/** What stands at a place of a JSON text. `value`: a scalar as a query compares it, null elsewhere. */
export type PathAt = { path: string; value: string | null };

/**
 * What stands at an offset of a text; null where it is not JSON, or the place cannot be told. `read`: the text as it
 * was read, where that was done before.
 */
export function pathAt(text: string, offset: number, read: JsonRead = atOnce(reading(text))): PathAt | null {
  const { root, shape } = read;
  if (!root) return null;
  let path = "";
  let value: JsonValue = root;
  while (isContainer(value)) {
    const { items } = members(text, value, MOST_MEMBERS, shape);
    const inside = items.find((item) => offset >= (item.key?.start ?? item.start) && offset < item.end);
    if (!inside) return { path, value: null };
    const own = inside.key ? step(keyOf(text, inside.key)) : `[${inside.index}]`;
    path = inside.key && path !== "" ? `${path}.${own}` : path + own;
    if (path.length > LONGEST) return null;
    value = inside;
  }
  return { path, value: scalarText(text.slice(value.start, value.end)) };
}

/** A scalar as a query compares it: a string without its quotes and escapes, anything else as it is written. */
export function scalarText(written: string): string {
  if (!written.startsWith('"')) return written;
  if (!written.includes("\\")) return written.slice(1, -1);
  try {
    return JSON.parse(written) as string;
  } catch {
    return written.slice(1, -1);
  }
}
