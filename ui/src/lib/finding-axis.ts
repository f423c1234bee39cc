import type { FindingTick, JobFinding, Span } from "../ipc";
import { lengthOf } from "./jobs";
import { ticks, type Tick } from "./time-axis";

/** The picture of a finding: what stood and what did not, around the end of the job. Everything in px. */
export type FindingAxis = { left: number; right: number; from: number; to: number };

const LABEL_PX = 104;
const RIGHT_PX = 26;
const TICK_APART_PX = 84;
/** Ticks closer than that are drawn as one. */
const APART_PX = 3;

export function axisFor(finding: Pick<JobFinding, "from_ms" | "to_ms">, width: number): FindingAxis {
  const to = Math.max(finding.to_ms, finding.from_ms + 1);
  return { left: LABEL_PX, right: Math.max(LABEL_PX + 40, width - RIGHT_PX), from: finding.from_ms, to };
}

export function xAt(axis: FindingAxis, ms: number): number {
  const share = Math.min(1, Math.max(0, (ms - axis.from) / (axis.to - axis.from)));
  return axis.left + share * (axis.right - axis.left);
}

export const inside = (axis: FindingAxis, ms: number): boolean => ms >= axis.from && ms <= axis.to;

export function hours(axis: FindingAxis, now: number): (Tick & { x: number })[] {
  const most = Math.max(2, Math.floor((axis.right - axis.left) / TICK_APART_PX));
  return ticks(axis.from, axis.to, most, now).map((tick) => ({ ...tick, x: xAt(axis, tick.ms) }));
}

/** A part of a lane. `words`: why it was down, for who points at it. */
export type Bar = { x: number; width: number; up: boolean; guessed: boolean; words: string; length: string };

/** The parts of a lane that the axis shows; nothing after now, which nobody has seen. */
export function barsOf(axis: FindingAxis, spans: readonly Span[], now: number): Bar[] {
  return spans.flatMap((span) => {
    const [from, to] = [Math.max(span.from_ms, axis.from), Math.min(span.to_ms, axis.to, now)];
    if (to <= from) return [];
    const x = xAt(axis, from);
    return {
      x,
      width: Math.max(2, xAt(axis, to) - x),
      up: span.up,
      guessed: span.guessed,
      words: span.words ?? "",
      length: lengthOf(Math.round((span.to_ms - span.from_ms) / 60_000) * 60_000 || span.to_ms - span.from_ms),
    };
  });
}

/** Where something was down while the job ended: shaded through all lanes. */
export function shades(
  axis: FindingAxis,
  lanes: readonly (readonly Span[])[],
  endedMs: number,
): { x: number; width: number }[] {
  return lanes.flatMap((spans) =>
    spans
      .filter((span) => !span.up && span.from_ms <= endedMs && span.to_ms >= endedMs)
      .map((span) => {
        const x = xAt(axis, span.from_ms);
        return { x, width: Math.max(2, xAt(axis, span.to_ms) - x) };
      }),
  );
}

export type DrawnDelivery = FindingTick & { x: number; count: number };

/** Deliveries as they can be told apart on the screen; one of this job is never drawn as a part of others. */
export function deliveryTicks(axis: FindingAxis, deliveries: readonly FindingTick[]): DrawnDelivery[] {
  const drawn: DrawnDelivery[] = [];
  for (const tick of deliveries) {
    if (!inside(axis, tick.at_ms)) continue;
    const x = xAt(axis, tick.at_ms);
    const before = drawn.at(-1);
    if (before && x - before.x < APART_PX && before.ours === tick.ours && before.verified === tick.verified)
      before.count++;
    else drawn.push({ ...tick, x, count: 1 });
  }
  return drawn;
}

export type AxisLabel = { x: number; anchor: "start" | "middle" | "end" };

/** Where the words under the two lines go: under them, or to their outer sides where they would touch. */
export function endLabels(
  axis: FindingAxis,
  endedX: number,
  nowX: number | null,
): { ended: AxisLabel; now: AxisLabel } {
  const ENDED_HALF = 42;
  const NOW_HALF = 14;
  const fit = (x: number, half: number): AxisLabel =>
    x - half < axis.left - 8
      ? { x: axis.left - 8, anchor: "start" }
      : x + half > axis.right + RIGHT_PX
        ? { x: axis.right + RIGHT_PX, anchor: "end" }
        : { x, anchor: "middle" };
  if (nowX !== null && nowX - endedX < ENDED_HALF + NOW_HALF + 8)
    return { ended: { x: endedX, anchor: "end" }, now: { x: Math.max(nowX, endedX + 8), anchor: "start" } };
  return { ended: fit(endedX, ENDED_HALF), now: fit(nowX ?? axis.right, NOW_HALF) };
}
