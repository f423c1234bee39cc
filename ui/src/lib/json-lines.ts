import { members, type JsonMember, type JsonValue } from "./json";
import type { Anchor } from "./json-find";
import type { JsonShape } from "./json-shape";
import type { Work } from "./slices";

/** One line of the payload tree. Offsets are into the text. */
export type JsonLine =
  | {
      at: "value";
      depth: number;
      value: JsonMember;
      open: boolean;
      total: number | null;
      comma: boolean;
      parent: number | null;
    }
  | { at: "close"; depth: number; value: JsonMember; comma: boolean }
  | { at: "before"; depth: number; of: number; hidden: number }
  | { at: "more"; depth: number; of: number; shown: number; total: number };

/** How a container is shown: how many members of it, or closed when it is not in the map. Keyed by its offset. */
export type Opened = ReadonlyMap<number, number>;
/** With which member what is shown of a container begins, where that is not the first. Keyed likewise. */
export type Begun = ReadonlyMap<number, Anchor>;

export const FIRST_MEMBERS = 100;
export const MORE_MEMBERS = 1000;
const FIRST_LINES = 250;
const FIRST_DEPTH = 8;

/** Opens containers from the outside in, until the tree would be longer than a few screens. */
export function firstOpened(text: string, root: JsonValue, shape?: JsonShape): Map<number, number> {
  const opened = new Map<number, number>();
  let level: JsonValue[] = isContainer(root) ? [root] : [];
  let lines = 1;
  for (let depth = 0; depth < FIRST_DEPTH && level.length > 0; depth++) {
    const next: JsonValue[] = [];
    for (const value of level) {
      const { items } = members(text, value, FIRST_MEMBERS, shape);
      if (items.length === 0) continue;
      if (lines + items.length + 1 > FIRST_LINES && depth > 0) continue;
      opened.set(value.start, FIRST_MEMBERS);
      lines += items.length + 1;
      next.push(...items.filter(isContainer));
    }
    level = next;
  }
  return opened;
}

/** More lines than this are not opened at once by folding to a depth. */
export const MOST_FOLDED = 2000;

/**
 * Opens what is less than `depth` levels in, in pieces. `whole`: nothing of it stays closed because it would be too
 * much, nor because a container has more members than are shown of it.
 */
export function* foldedTo(
  text: string,
  root: JsonValue,
  depth: number,
  shape?: JsonShape,
): Work<{ opened: Map<number, number>; whole: boolean }> {
  const opened = new Map<number, number>();
  let level: JsonValue[] = isContainer(root) ? [root] : [];
  let [lines, whole] = [1, true];
  for (let at = 0; at < depth && level.length > 0; at++) {
    const next: JsonValue[] = [];
    for (const value of level) {
      const { items, total } = members(text, value, FIRST_MEMBERS, shape);
      yield Math.min(value.end - value.start, 512 * (items.length + 1));
      if (items.length === 0) continue;
      if (lines + items.length + 1 > MOST_FOLDED) {
        whole = false;
        continue;
      }
      opened.set(value.start, FIRST_MEMBERS);
      whole &&= total === items.length;
      lines += items.length + 1;
      next.push(...items.filter(isContainer));
    }
    level = next;
  }
  return { opened, whole };
}

/** The lines of the tree, flat, in order. Iterative: nesting is as deep as the sender likes. */
export function jsonLines(
  text: string,
  root: JsonValue,
  opened: Opened,
  shape?: JsonShape,
  begun: Begun = new Map(),
): JsonLine[] {
  const lines: JsonLine[] = [];
  type Task = { member: JsonMember; depth: number; comma: boolean; parent: number | null } | JsonLine;
  const tasks: Task[] = [{ member: { ...root, key: null, index: 0 }, depth: 0, comma: false, parent: null }];
  for (let task = tasks.pop(); task; task = tasks.pop()) {
    if ("at" in task) {
      lines.push(task);
      continue;
    }
    const { member, depth, comma, parent } = task;
    const limit = opened.get(member.start);
    if (!isContainer(member) || limit === undefined) {
      const total = isContainer(member) ? members(text, member, 0, shape).total : null;
      lines.push({ at: "value", depth, value: member, open: false, total, comma, parent });
      continue;
    }
    const from = begun.get(member.start);
    const { items, total } = members(text, member, limit, shape, from);
    const shown = (from?.index ?? 0) + items.length;
    lines.push({ at: "value", depth, value: member, open: true, total, comma, parent });
    if (from) lines.push({ at: "before", depth: depth + 1, of: member.start, hidden: from.index });
    tasks.push({ at: "close", depth, value: member, comma });
    if (total > shown) tasks.push({ at: "more", depth: depth + 1, of: member.start, shown, total });
    for (let i = items.length - 1; i >= 0; i--) {
      const item = items[i];
      if (item) tasks.push({ member: item, depth: depth + 1, comma: item.index < total - 1, parent: member.start });
    }
  }
  return lines;
}

export function isContainer(value: JsonValue): boolean {
  return value.kind === "object" || value.kind === "array";
}
