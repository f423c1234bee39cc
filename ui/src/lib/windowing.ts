/**
 * Which rows of a long list are worth drawing: a pure function of the numbers a scroll container gives.
 *
 * WebKitGTK lays nothing out beyond 33,554,428 px, and paints with 32-bit floats, exact to the pixel only up to
 * 16,777,216. So the spacer is capped, and above the cap a scroll position stands for a proportional place in the list.
 */
export const MAX_SPACER_PX = 16_000_000;

export type Viewport = {
  total: number;
  rowHeight: number;
  height: number;
  scrollTop: number;
  overscan?: number;
  maxSpacer?: number;
};
/** `first` inclusive, `last` exclusive; `offset`: where the first drawn row sits in the spacer, in px. */
export type Window = { spacer: number; first: number; last: number; offset: number };

type Geometry = Pick<Viewport, "total" | "rowHeight" | "height" | "maxSpacer">;

/** How many px of the list one px of the scrollbar stands for (1 below the cap). */
function ratio({ total, rowHeight, height, maxSpacer = MAX_SPACER_PX }: Geometry): number {
  const full = total * rowHeight;
  if (full <= maxSpacer || maxSpacer <= height) return 1;
  return (full - height) / (maxSpacer - height);
}

export function windowing(view: Viewport): Window {
  const { total, rowHeight, height, overscan = 6, maxSpacer = MAX_SPACER_PX } = view;
  const full = total * rowHeight;
  const spacer = Math.min(full, maxSpacer);
  if (total === 0 || height <= 0) return { spacer, first: 0, last: 0, offset: 0 };
  const scrollTop = Math.min(Math.max(view.scrollTop, 0), Math.max(spacer - height, 0));
  const logical = scrollTop * ratio(view);
  const first = Math.max(0, Math.floor(logical / rowHeight) - overscan);
  const last = Math.min(total, Math.ceil((logical + height) / rowHeight) + overscan);
  return { spacer, first, last, offset: first * rowHeight - logical + scrollTop };
}

/** The scrollTop that brings `index` into sight with the least movement, or null when it is in sight already. */
export function scrollToShow(view: Viewport, index: number): number | null {
  const { rowHeight, height, total } = view;
  if (index < 0 || index >= total) return null;
  const scale = ratio(view);
  const logical = view.scrollTop * scale;
  const top = index * rowHeight;
  // A px of slack: a scaled position cannot be hit exactly.
  if (top < logical - 0.5) return Math.max(0, Math.floor(top / scale));
  if (top + rowHeight > logical + height + 0.5) return Math.ceil((top + rowHeight - height) / scale);
  return null;
}

/**
 * The scrollTop that keeps the same rows in sight when the list grows or shrinks at its bottom, or null when it is the
 * same: below the cap nothing moves.
 */
export function scrollToKeep(view: Viewport, total: number): number | null {
  const now = ratio(view);
  const then = ratio({ ...view, total });
  return now === then ? null : (view.scrollTop * now) / then;
}

/** Rows that fit wholly: what Page Up and Page Down move by. */
export function pageSize(height: number, rowHeight: number): number {
  return Math.max(1, Math.floor(height / rowHeight) - 1);
}
