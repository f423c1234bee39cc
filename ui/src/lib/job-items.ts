import type { JobView } from "../ipc/generated";
import { hasFinding } from "./jobs";

export const HEAD_PX = 28;
export const JOB_PX = 48;
export const FOUND_PX = 76;

/** A line of the list: the head of a group, or a job by its place. */
export type JobItem = { top: number; height: number } & (
  { at: "head"; group: "running" | "ended" } | { at: "job"; index: number }
);

/**
 * The lines of the list with their places, px from its top. A job that was not read yet is as tall as most are; when it
 * comes and has a finding, those below it move.
 */
export function jobItems(matched: number, running: number, job: (index: number) => JobView | undefined): JobItem[] {
  const items: JobItem[] = [];
  let top = 0;
  const head = (group: "running" | "ended") => {
    items.push({ top, height: HEAD_PX, at: "head", group });
    top += HEAD_PX;
  };
  if (matched > 0 && running > 0) head("running");
  // Of many thousand lines: made anew with every page, so as plain as can be.
  for (let index = 0; index < matched; index++) {
    if (index === running) head("ended");
    const one = job(index);
    const height = one && hasFinding(one) ? FOUND_PX : JOB_PX;
    items.push({ top, height, at: "job", index });
    top += height;
  }
  return items;
}

export const heightOf = (items: readonly JobItem[]): number => {
  const last = items.at(-1);
  return last ? last.top + last.height : 0;
};

/** The first item that reaches below a line, by halves. */
function firstBelow(items: readonly JobItem[], y: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const half = (low + high) >> 1;
    const item = items[half];
    if (item && item.top + item.height <= y) low = half + 1;
    else high = half;
  }
  return low;
}

/** What is drawn around what is in sight, px. */
export const OVER_PX = 6 * JOB_PX;

/** Those worth drawing: what is in sight, and a little more. */
export function inSight(
  items: readonly JobItem[],
  scrollTop: number,
  height: number,
  over = OVER_PX,
): readonly JobItem[] {
  if (height <= 0) return [];
  const first = firstBelow(items, scrollTop - over);
  let last = first;
  while (last < items.length && (items[last]?.top ?? Infinity) < scrollTop + height + over) last++;
  return items.slice(first, last);
}

/** Where to scroll so that a job is in sight, with the least movement; null: it is. The head above it comes with it. */
export function scrollToJob(
  items: readonly JobItem[],
  index: number,
  scrollTop: number,
  height: number,
): number | null {
  const place = items.findIndex((one) => one.at === "job" && one.index === index);
  const item = items[place];
  if (!item) return null;
  const before = items[place - 1];
  const top = before?.at === "head" ? before.top : item.top;
  if (top < scrollTop) return top;
  const bottom = item.top + item.height;
  return bottom > scrollTop + height ? bottom - height : null;
}
