import { members, type JsonMember, type JsonValue } from "./json";

/** A step into a payload: the key of an object, or the place in an array. */
export type PathStep = string | number;

/** The steps from the root to the value that begins at an offset; null where there is none. Iterative, like the reader. */
export function stepsTo(text: string, root: JsonValue, offset: number): PathStep[] | null {
  const steps: PathStep[] = [];
  let at: JsonValue = root;
  while (at.start !== offset) {
    if (at.kind !== "object" && at.kind !== "array") return null;
    const inside: JsonMember | undefined = members(text, at, Infinity).items.find(
      (member) => member.start <= offset && offset < member.end,
    );
    if (!inside) return null;
    steps.push(at.kind === "array" ? inside.index : keyOf(text, inside));
    at = inside;
  }
  return steps;
}

function keyOf(text: string, member: JsonMember): string {
  return member.key === null ? "" : unquoted(text.slice(member.key.start, member.key.end));
}

/** A string of checked JSON without its quotes and escapes. */
export function unquoted(source: string): string {
  const read: unknown = JSON.parse(source);
  return typeof read === "string" ? read : source;
}

/** `data.output_file_uri`, `data.rows[3].text`, `data["odd key"]`. */
export function pathText(steps: readonly PathStep[]): string {
  let path = "";
  for (const step of steps) {
    if (typeof step === "number") path += `[${step}]`;
    else if (/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(step)) path += path === "" ? step : `.${step}`;
    else path += `[${JSON.stringify(step)}]`;
  }
  return path;
}
