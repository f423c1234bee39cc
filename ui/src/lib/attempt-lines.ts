import type { Blind, NextAttempt, Row } from "../ipc/generated";

/**
 * What the table of the attempts shows, in the order of time: each attempt, times in which none could be seen, those
 * that are guessed, and what is expected. Many that are alike are folded into one line.
 */
export type AttemptLine =
  | { is: "attempt"; key: string; row: Row; before: Row | null }
  | { is: "more"; key: string; rows: readonly Row[] }
  | { is: "blind"; key: string; blind: Blind }
  | { is: "others"; key: string; blind: readonly Blind[] }
  | { is: "unseen"; key: string; at: NextAttempt; before: number }
  | { is: "next"; key: string; next: NextAttempt };

/** So many that are alike stand in a row before the middle ones are folded; the first and the last of them stay. */
const ALIKE = 6;
/** The most times that have a line of their own: the longest. */
const BLIND = 6;

export type Shown = {
  rows: readonly Row[];
  blind: readonly Blind[];
  unseen: readonly NextAttempt[];
  next: NextAttempt | null;
  /** The attempt that is open: it is never folded. */
  current: number;
  /** The first of each fold that was opened. */
  unfolded: ReadonlySet<number>;
};

export function linesOf(shown: Shown): AttemptLine[] {
  const { own, others } = longest(shown.blind);
  const timed: { at: number; line: AttemptLine }[] = [
    ...attemptLines(shown),
    ...own.map((blind) => ({
      at: blind.from_ms,
      line: { is: "blind" as const, key: `blind-${blind.from_ms}`, blind },
    })),
    ...shown.unseen.map((at) => ({ at: at.at_ms, line: unseenLine(at, shown) })),
  ];
  // Sorting is stable: what happened at the same time stays as it is listed.
  timed.sort((one, other) => one.at - other.at);
  const lines = timed.map(({ line }) => line);
  if (others.length > 0) lines.push({ is: "others", key: "others", blind: others });
  if (shown.next) lines.push({ is: "next", key: "next", next: shown.next });
  return lines;
}

function longest(blind: readonly Blind[]): { own: readonly Blind[]; others: readonly Blind[] } {
  if (blind.length <= BLIND) return { own: blind, others: [] };
  const byLength = [...blind].sort((a, b) => b.to_ms - b.from_ms - (a.to_ms - a.from_ms));
  return { own: byLength.slice(0, BLIND), others: byLength.slice(BLIND) };
}

/** The gap counts from what came before it, seen or guessed. */
function unseenLine(at: NextAttempt, { rows, unseen }: Shown): AttemptLine {
  const times = [...rows.map((row) => row.received_ms), ...unseen.map((one) => one.at_ms)];
  const before = Math.max(...times.filter((ms) => ms < at.at_ms), rows[0]?.received_ms ?? at.at_ms);
  return { is: "unseen", key: `unseen-${at.at_ms}`, at, before };
}

function attemptLines(shown: Shown): { at: number; line: AttemptLine }[] {
  const { rows, unfolded } = shown;
  const lines: { at: number; line: AttemptLine }[] = [];
  const one = (i: number) => {
    const row = rows[i];
    if (!row) return;
    const before = rows[i - 1] ?? null;
    lines.push({ at: row.received_ms, line: { is: "attempt", key: `row-${row.id}`, row, before } });
  };
  for (const [from, to] of runs(shown)) {
    const folded = rows.slice(from + 1, to - 1);
    const [first] = folded;
    if (to - from < ALIKE || !first || unfolded.has(first.id)) {
      for (let i = from; i < to; i++) one(i);
      continue;
    }
    one(from);
    lines.push({ at: first.received_ms, line: { is: "more", key: `more-${first.id}`, rows: folded } });
    one(to - 1);
  }
  return lines;
}

/** Ranges of attempts that are alike; the open one stands alone, and nothing else lies between those of a range. */
function runs({ rows, blind, unseen, current }: Shown): [number, number][] {
  const found: [number, number][] = [];
  let from = 0;
  const cuts = [...blind.map((one) => one.from_ms), ...unseen.map((one) => one.at_ms)];
  for (let i = 1; i <= rows.length; i++) {
    const [before, row] = [rows[i - 1], rows[i]];
    const goes = row !== undefined && before !== undefined && alike(before, row);
    const cut = goes && cuts.some((ms) => before.received_ms <= ms && ms < row.received_ms);
    if (goes && !cut && row.id !== current && before.id !== current) continue;
    found.push([from, i]);
    from = i;
  }
  return found;
}

function alike(a: Row, b: Row): boolean {
  return (
    a.outcome === b.outcome &&
    a.cause === b.cause &&
    a.status === b.status &&
    a.answered_by === b.answered_by &&
    a.duplicate === b.duplicate &&
    a.grace_until === b.grace_until &&
    a.judged_ms === b.judged_ms &&
    a.pinned === b.pinned &&
    a.note === b.note
  );
}
