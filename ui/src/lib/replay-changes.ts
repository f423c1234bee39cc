import type { HeaderLine, ReplayDraft, ReplayPlan } from "../ipc/generated";
import { changesAlone, standIn } from "./variables";

/** Names of what was changed that are told; more are counted. */
const MOST = 3;

const named = (what: string, names: readonly string[]): string =>
  names.length === 0
    ? what
    : `${what}: ${names.slice(0, MOST).join(", ")}${names.length > MOST ? ` and ${names.length - MOST} more` : ""}`;

/** Values by their path; objects and lists that hold something are seen through. */
function leaves(value: unknown, path: string, name: string, into: Map<string, { name: string; value: unknown }>): void {
  const inner = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (inner.length === 0) into.set(path, { name, value: JSON.stringify(value) });
  for (const [key, one] of inner) leaves(one, `${path}\u0000${key}`, Array.isArray(value) ? name : key, into);
}

function read(text: string): Map<string, { name: string; value: unknown }> | null {
  try {
    const found = new Map<string, { name: string; value: unknown }>();
    leaves(JSON.parse(text), "", "", found);
    return found;
  } catch {
    // Not JSON, or deeper than can be walked.
    return null;
  }
}

/** The names of members whose values differ, in order; empty where that cannot be said. */
function members(before: string, after: string): string[] {
  const [one, two] = [read(before), read(standIn(after))];
  if (!one || !two) return [];
  const names = new Set<string>();
  for (const [path, leaf] of two) if (one.get(path)?.value !== leaf.value) names.add(leaf.name);
  for (const [path, leaf] of one) if (!two.has(path)) names.add(leaf.name);
  names.delete("");
  return [...names];
}

/** The names of header lines that were added, changed or left out, in order. */
function lines(before: readonly HeaderLine[], after: readonly HeaderLine[]): string[] {
  const said = (list: readonly HeaderLine[]) => list.map((line) => `${line.name}: ${line.base64 ?? line.value}`);
  const [one, two] = [said(before), said(after)];
  const differ = [
    ...after.filter((_, i) => !one.includes(two[i] ?? "")),
    ...before.filter((_, i) => !two.includes(one[i] ?? "")),
  ];
  return [...new Set(differ.map((line) => line.name.toLowerCase()))];
}

/**
 * What was changed, in the words of the back end, with the names of what was edited: `body: id · signed with …a91f`.
 * The values of variables are left out.
 */
export function changedWords(changes: readonly string[], plan: ReplayPlan, draft: ReplayDraft): string {
  const alone = changesAlone(changes);
  if (alone.length === 0) return "as received";
  const { headers, body } = plan.changes;
  const words = alone.map((one) => {
    if (one === "headers edited" && headers) return named("headers", lines(draft.headers, headers));
    if (one === "body edited" && body.kind === "text" && draft.text !== null)
      return named("body", members(draft.text, body.text));
    return one;
  });
  return words.join(" · ");
}
