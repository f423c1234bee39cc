import type { RotationTick } from "../ipc/generated";

const DAY = 86_400_000;
/** A tick is 2 px wide, and 1 px is left between two. */
const APART_PX = 3;
const REACH_PX = 6;

/** The axis of the rotation picture: 24 hours to each side of now, in px. */
export type Axis = { left: number; right: number; now: number };

export function xOf(axis: Axis, ms: number): number {
  return axis.left + ((ms - axis.now + DAY) / (2 * DAY)) * (axis.right - axis.left);
}

/** Hours to be written, as many as there is room for. */
export function gridHours(axis: Axis): number[] {
  const width = axis.right - axis.left;
  const step = [6, 12, 24].find((hours) => (width * hours) / 48 >= 46) ?? 24;
  return Array.from({ length: 48 / step + 1 }, (_, i) => i * step - 24);
}

/** A drawn tick: `from` and `to` are what of the lane belongs to it when one points at it. */
export type DrawnTick = RotationTick & { x: number; from: number; to: number };

/** Ticks as they can be told apart on the screen: those closer than that are one, whose delivery is the latest. */
export function drawnTicks(axis: Axis, ticks: readonly RotationTick[]): DrawnTick[] {
  const drawn: DrawnTick[] = [];
  for (const tick of ticks) {
    const x = xOf(axis, tick.at_ms);
    if (x < axis.left || x > axis.right) continue;
    const before = drawn.at(-1);
    if (before && x - before.x < APART_PX) {
      before.count += tick.count;
      before.delivery = Math.max(before.delivery, tick.delivery);
      before.at_ms = tick.at_ms;
    } else drawn.push({ ...tick, x, from: 0, to: 0 });
  }
  drawn.forEach((tick, i) => {
    const before = drawn[i - 1];
    const next = drawn[i + 1];
    tick.from = before ? Math.max(tick.x - REACH_PX, (tick.x + before.x) / 2) : tick.x - REACH_PX;
    tick.to = next ? Math.min(tick.x + REACH_PX, (tick.x + next.x) / 2) : tick.x + REACH_PX;
  });
  return drawn;
}

/** More deliveries stand taller: 12 px for one, 22 at most. */
export function tickHeight(count: number): number {
  return Math.min(22, 12 + Math.round(Math.log2(Math.max(1, count)) * 2));
}

/** A secret's bar. Where its life goes on beyond the axis, or its beginning is not known, that side is open. */
export type Bar = { x: number; to: number; openStart: boolean; openEnd: boolean };

export function barOf(axis: Axis, createdMs: number | null, endMs: number | null): Bar | null {
  const from = createdMs === null ? -Infinity : xOf(axis, createdMs);
  const to = endMs === null ? Infinity : xOf(axis, endMs);
  if (to <= axis.left || from >= axis.right) return null;
  const x = Math.max(from, axis.left);
  return { x, to: Math.max(x + 2, Math.min(to, axis.right)), openStart: from < axis.left, openEnd: to > axis.right };
}

/** The outline of a bar: round where it ends, no line where it is open. `fill` is closed, `edge` is what is drawn. */
export function barPaths(bar: Bar, y: number, height: number, radius = 5): { fill: string; edge: string } {
  const r = Math.min(radius, (bar.to - bar.x) / 2);
  const [a, b] = [bar.openStart ? 0 : r, bar.openEnd ? 0 : r];
  const bottom = y + height;
  const { x, to } = bar;
  const right = bar.openEnd
    ? `M${to} ${bottom}`
    : `a${b} ${b} 0 0 1 ${b} ${b}V${bottom - b}a${b} ${b} 0 0 1 ${-b} ${b}`;
  const left = bar.openStart ? "" : `a${a} ${a} 0 0 1 ${-a} ${-a}V${y + a}a${a} ${a} 0 0 1 ${a} ${-a}`;
  const top = `M${x + a} ${y}H${to - b}`;
  return {
    edge: `${top}${right}H${x + a}${left}`,
    fill: `${top}${bar.openEnd ? `V${bottom}` : right}H${x + a}${left}Z`,
  };
}

/**
 * Where the words about a secret's end go: inside its bar where they fit, else behind it; never across the now line.
 */
export function endLabel(axis: Axis, bar: Bar, width: number): { x: number; anchor: "start" | "end" } {
  const now = xOf(axis, axis.now);
  const inside = bar.to - Math.max(bar.x, now);
  if (bar.to > now && inside >= width + 16) return { x: bar.to - 8, anchor: "end" };
  const behind = bar.to + 8;
  const x = behind < now + 6 && behind + width > now - 4 ? now + 8 : behind;
  return x + width <= axis.right + 4 ? { x, anchor: "start" } : { x: bar.to - 8, anchor: "end" };
}
