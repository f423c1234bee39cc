import type { Blind, NextAttempt, Outcome, Row } from "../ipc/generated";
import { answererText, answerText, arrivedText, gapText, guessedGap } from "./attempts";
import { count, withUnit } from "./format";
import { ticks } from "./time-axis";
import { OUTCOMES } from "./verdict";

/** The picture of an event's attempts. Everything in px. */
export type AxisKind = "log" | "clock";
export type AttemptAxis = { kind: AxisKind; left: number; right: number; from: number; to: number; unit: number };

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const SIDE_PX = 32;
/** Attempts closer than that are drawn as one, with their number. */
const APART_PX = 24;
const TICK_APART_PX = 46;
/** A character of a label, about. */
const CHAR_PX = 6.3;

/**
 * From the first attempt to the last, or to what is expected: in the log the sender's end is seen, too. `until`: to
 * where something is known to have been down.
 */
export function axisOf(
  kind: AxisKind,
  rows: readonly Row[],
  next: NextAttempt | null,
  now: number,
  width: number,
  until = 0,
): AttemptAxis {
  const from = rows[0]?.received_ms ?? now;
  const seen = rows.at(-1)?.received_ms ?? from;
  const expected = next ? Math.max(next.at_ms + next.spread_ms, now) : seen;
  const clock = next ? Math.min(next.gives_up_ms, expected + (expected - from) * 0.06) : seen;
  const to = Math.max(from + 1, seen, expected, until, next && kind === "log" ? next.gives_up_ms : clock);
  return {
    kind,
    left: SIDE_PX,
    right: Math.max(SIDE_PX + 80, width - SIDE_PX),
    from,
    to,
    unit: Math.min(SECOND, (to - from) / 10),
  };
}

export function xOf(axis: AttemptAxis, ms: number): number {
  const whole = axis.to - axis.from;
  const passed = Math.min(whole, Math.max(0, ms - axis.from));
  const share = axis.kind === "log" ? Math.log1p(passed / axis.unit) / Math.log1p(whole / axis.unit) : passed / whole;
  return axis.left + share * (axis.right - axis.left);
}

export type AxisTick = { x: number; label: string };
const LOG_TICKS: readonly (readonly [number, string])[] = [
  [100, withUnit(0.1, "s")],
  [SECOND, withUnit(1, "s")],
  [10 * SECOND, withUnit(10, "s")],
  [MINUTE, withUnit(1, "min")],
  [10 * MINUTE, withUnit(10, "min")],
  [HOUR, withUnit(1, "h")],
  [6 * HOUR, withUnit(6, "h")],
  [24 * HOUR, withUnit(24, "h")],
  [7 * 24 * HOUR, withUnit(7, "d")],
];

/** Where the axis is labelled, with room between. */
export function ticksOf(axis: AttemptAxis, now: number): AxisTick[] {
  if (axis.kind === "clock") {
    const most = Math.max(2, Math.floor((axis.right - axis.left) / 84));
    return ticks(axis.from, axis.to, most, now).map(({ ms, label }) => ({ x: xOf(axis, ms), label }));
  }
  const all = [{ x: axis.left, label: "first" }];
  for (const [ms, label] of LOG_TICKS) {
    if (axis.from + ms > axis.to) break;
    const x = xOf(axis, axis.from + ms);
    if (x - (all.at(-1)?.x ?? 0) >= TICK_APART_PX) all.push({ x, label });
  }
  return all;
}

/** One attempt, or several that cannot be told apart on the screen. */
export type AttemptMark = {
  x: number;
  rows: readonly Row[];
  /** What they are, where they are the same. */
  outcome: Outcome | null;
  current: boolean;
  /** Our answer, and who gave it or the verdict; where they differ, all of a few answers, and no more. */
  label: string;
  note: string;
};

export function marksOf(axis: AttemptAxis, rows: readonly Row[], current: number, now: number): AttemptMark[] {
  const groups: { x: number; rows: Row[] }[] = [];
  for (const row of rows) {
    const x = xOf(axis, row.received_ms);
    const before = groups.at(-1);
    if (before && x - before.x < APART_PX) before.rows.push(row);
    else groups.push({ x, rows: [row] });
  }
  return groups.map(({ x, rows: together }) => {
    const outcome = same(together.map((row) => row.outcome));
    return {
      x,
      rows: together,
      outcome,
      current: together.some((row) => row.id === current),
      label: labelOf(together.map((row) => answerText(row, now))),
      note: same(together.map(noteOf)) ?? "",
    };
  });
}

function labelOf(answers: readonly string[]): string {
  const different = [...new Set(answers)];
  return different.length < 3 ? different.join(", ") : "several";
}

/** One that came after an accepted one is told as what it is first. */
function noteOf(row: Row): string {
  return row.duplicate ? "duplicate" : answererText(row) || OUTCOMES[row.outcome].word.toLowerCase();
}

function same<T>(all: readonly T[]): T | null {
  const [first] = all;
  return first !== undefined && all.every((one) => one === first) ? first : null;
}

export type AxisGap = { from: number; to: number; label: string; guessed: boolean };

/** The times between marks, where there is room to say them. */
export function gapsOf(axis: AttemptAxis, marks: readonly AttemptMark[], next: NextAttempt | null): AxisGap[] {
  const gaps: AxisGap[] = [];
  const add = (from: number, to: number, label: string, guessed: boolean) => {
    if (to - from >= label.length * CHAR_PX + 22) gaps.push({ from, to, label, guessed });
  };
  marks.forEach((mark, i) => {
    const last = mark.rows.at(-1)?.received_ms;
    if (last === undefined) return;
    const after = marks[i + 1]?.rows[0]?.received_ms;
    if (after !== undefined) add(xOf(axis, last), xOf(axis, after), gapText(after - last), false);
    else if (next && next.at_ms > last) add(xOf(axis, last), xOf(axis, next.at_ms), guessedGap(next, last), true);
  });
  return gaps;
}

/** An answer that we gave, what is expected, what was perhaps not seen, or where the sender ends. */
type LabelOf = "answer" | "next" | "unseen" | "end";
export type AxisLabel = {
  x: number;
  anchor: "start" | "middle" | "end";
  lines: readonly string[];
  of: LabelOf;
};
export type Wanted = { x: number; lines: readonly string[] };

/** Labels that do not touch: what is expected goes first, then the open attempt, the newest and the oldest. */
export function labelsOf(
  axis: AttemptAxis,
  marks: readonly AttemptMark[],
  expected: Wanted | null,
  end: Wanted | null,
  unseen: readonly Wanted[] = [],
): AxisLabel[] {
  const wanted: (Wanted & { of: LabelOf })[] = expected ? [{ ...expected, of: "next" }] : [];
  const [first, last] = [marks[0], marks.at(-1)];
  const order = [...marks.filter((mark) => mark.current), last, first, ...marks];
  for (const mark of new Set(order)) if (mark) wanted.push({ x: mark.x, lines: [mark.label, mark.note], of: "answer" });
  for (const one of unseen) wanted.push({ ...one, of: "unseen" });
  if (end) wanted.push({ ...end, of: "end" });
  const placed: (AxisLabel & { from: number; to: number })[] = [];
  for (const { x, lines, of } of wanted) {
    const half = (Math.max(...lines.map((line) => line.length)) * CHAR_PX) / 2;
    const [least, most] = [0, axis.right + SIDE_PX];
    const anchor = x - half < least ? "start" : x + half > most ? "end" : "middle";
    const at = anchor === "start" ? least : anchor === "end" ? most : x;
    const from = anchor === "start" ? at : anchor === "end" ? at - 2 * half : at - half;
    const to = from + 2 * half;
    if (placed.some((one) => from < one.to + 6 && to > one.from - 6)) continue;
    placed.push({ x: at, anchor, lines, of, from, to });
  }
  return placed.map(({ x, anchor, lines, of }) => ({ x, anchor, lines, of }));
}

/** What the picture shows, for who does not see it; `unseen`: each that is guessed, in words. */
export function axisWords(rows: readonly Row[], next: string | null, unseen: readonly string[] = []): string {
  const all = rows.map(
    (row) =>
      `attempt ${count(row.attempt)} ${OUTCOMES[row.outcome].word.toLowerCase()}, ${gapText(row.received_ms - (rows[0]?.received_ms ?? 0))} in`,
  );
  const said = all.length > 8 ? [...all.slice(0, 4), `${count(all.length - 8)} more`, ...all.slice(-4)] : all;
  const guessed = unseen.length > 0 ? `; perhaps not seen, a guess: ${unseen.join(", ")}` : "";
  const expected = next === null ? "" : `; the next is expected at about ${next}, a guess`;
  return `Attempts over time: ${said.join("; ")}${guessed}${expected}.`;
}

/** One attempt in words, for who points at it or moves to it. `first`: when the first one came, where it is known. */
export function attemptWords(row: Row, first: number | null, now: number): string {
  const after = first === null ? 0 : row.received_ms - first;
  const when = after > 0 ? `${gapText(after)} after the first` : arrivedText(row.received_ms, now);
  const by = answererText(row);
  const answered = `${answerText(row, now)}${by ? ` ${by}` : ""}`;
  const duplicate = row.duplicate ? " · duplicate" : "";
  return `Attempt ${count(row.attempt)} · ${when} · ${OUTCOMES[row.outcome].word} · ${answered}${duplicate}`;
}

/** Where the keys lead from an attempt: earlier, later, the first, the last; null where the key is none of these. */
export function attemptKey(key: string, at: number, all: number): number | null {
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all - 1 }[key];
  return to === undefined ? null : Math.min(Math.max(to, 0), all - 1);
}

/** To where something is known to have been down, or was expected. */
export function knownUntil(blind: readonly Blind[], unseen: readonly NextAttempt[]): number {
  return Math.max(0, ...blind.map((one) => one.to_ms), ...unseen.map((one) => one.at_ms));
}
