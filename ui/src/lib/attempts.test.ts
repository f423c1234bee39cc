import { describe, expect, it } from "vitest";
import { row } from "../fake/rows";
import type { NextAttempt, Row } from "../ipc/generated";
import { attemptKey, attemptWords, axisOf, axisWords, gapsOf, labelsOf, marksOf, ticksOf, xOf } from "./attempt-axis";
import { answererText, answerText, arrivedText, gapText, nextClock, standing, whyWords } from "./attempts";

const S = 1000;
const MIN = 60 * S;
const HOUR = 60 * MIN;
const FIRST = new Date(2026, 10, 29, 14, 5, 2, 114).getTime();
const NOW = new Date(2026, 10, 29, 15, 24).getTime();
const plain = (text: string) => text.replaceAll("\u00A0", " ");
/** Attempts this long after the first. */
const came = (...all: [number, Partial<Row>?][]): Row[] =>
  all.map(([after, shape], i) =>
    row(i + 1, FIRST + after, {
      outcome: "rejected",
      status: 401,
      attempt: i + 1,
      attempts: all.length,
      message_id: "msg_1",
      ...shape,
    }),
  );
const three = came([0], [5.1 * S], [35 * MIN + 5.3 * S, { outcome: "verified", status: 503, answered_by: "rule" }]);
const next: NextAttempt = {
  at_ms: new Date(2026, 10, 29, 16, 40).getTime(),
  spread_ms: 15 * MIN,
  from_events: 31,
  gives_up_ms: FIRST + 24 * HOUR,
};
const told = (of: NextAttempt | null) => ({ accepted: false, next: of });
const said = (rows: Row[], of: Parameters<typeof standing>[1], now = NOW) => {
  const { head, then } = standing(rows, of, now);
  return plain(`${head} ${then}`.trim());
};

describe("what became of an event", () => {
  it("not taken yet: what came, and what is expected", () => {
    expect(said(three, told(next))).toBe(
      "Not taken yet: 3 attempts came, none was answered with 2xx. " +
        "The sender should try again at about 16:40, in 1 h 16 min, and gives up tomorrow at 14:05.",
    );
    // Before anything is known of further ones, nothing is said of them.
    expect(said(three, null)).toBe("Not taken yet: 3 attempts came, none was answered with 2xx.");
    expect(said(came([0]), told(null))).toMatch(
      /^Not taken: 1 attempt came, and was not answered with 2xx. No further/,
    );
  });

  it("taken: at which attempt, and what came after it", () => {
    const good: Partial<Row> = { outcome: "verified", status: 200 };
    expect(said(came([0, good]), null)).toBe("Taken at the first attempt.");
    expect(said(came([0], [5 * S], [35 * MIN, good]), null)).toBe("Taken at attempt 3, 35 min after the first.");
    expect(said(came([0, good], [MIN, good], [HOUR, good]), told(null))).toBe(
      "Taken at the first attempt. 2 more came after it.",
    );
    expect(said(came([0]), { accepted: true, next: null })).toContain("an earlier attempt, which is not in this list");
  });

  it("answered with 2xx and not verified is not taken, and the sender does not know", () => {
    const odd: Partial<Row> = { outcome: "unchecked", status: 200 };
    expect(said(came([0, odd]), told(next))).toBe(
      "Attempt 1 was answered with 200, though it is unchecked. A sender takes that for accepted, and should not try again.",
    );
    expect(standing(came([0, odd]), told(next), NOW).next).toBeNull();
    expect(said(came([0, odd], [MIN]), told(next))).toContain(
      "Not taken yet: attempt 1 was answered with 200, though it is unchecked.",
    );
  });

  it("a list that does not hold all attempts does not speak for the others", () => {
    const newest = three.map((one) => ({ ...one, attempts: 203, attempt: one.attempt + 200 }));
    expect(said(newest, told(next))).toContain("203 attempts came, none of the newest 3 was answered with 2xx.");
  });

  it("an attempt that waits for our answer, one from a file, and one whose sender gave up", () => {
    const waiting: Partial<Row> = { status: 0, took_us: null };
    expect(said(came([0], [HOUR, waiting]), told(next), FIRST + HOUR + S)).toContain("attempt 2 waits for our answer.");
    expect(said(came([0, { imported: true }]), told(null))).toContain("It came from a file");
    expect(said(three, told(null), FIRST + 25 * HOUR)).toContain("A sender tries for 24 h, as the guide says");
  });

  it.each([
    [next.at_ms - 4200, "again at about 16:40, in 5 s, and"],
    [next.at_ms + MIN, "again about now, and"],
    [next.at_ms + HOUR, "should have tried again at about 16:40, 1 h ago, and gives up tomorrow at 14:05."],
    [FIRST + 20 * HOUR, "should have tried again yesterday at about 16:40, 17 h 25 min ago, and gives up at 14:05."],
  ])("the expected attempt, looked at in time", (now, words) => {
    expect(said(three, told(next), now)).toContain(words);
  });

  it("why it is guessed so, and where it is to be read", () => {
    const last = three[2]?.received_ms ?? 0;
    expect(plain(whyWords(next, last, NOW))).toBe(
      "Why 16:40, 15 min either way: a guess from the gaps of 31 retried events; the service publishes none.",
    );
    expect(whyWords({ ...next, from_events: 0 }, last, NOW)).toContain(
      "from the schedule that Standard Webhooks suggests; no retried event was seen here yet",
    );
    // Seconds where the wait is short, the day where it is another.
    expect(nextClock({ ...next, at_ms: NOW + 5 * S }, NOW, NOW)).toBe("15:24:05");
    expect(nextClock({ ...next, at_ms: NOW + 10 * HOUR }, NOW, NOW)).toBe("30 Nov 01:24");
  });

  it("the cells", () => {
    expect([5100, 35 * MIN, 2 * HOUR, 65 * MIN].map((ms) => plain(gapText(ms)))).toEqual([
      "5.1 s",
      "35 min",
      "2 h",
      "1 h 05 min",
    ]);
    expect([arrivedText(FIRST, NOW), arrivedText(FIRST, NOW + 24 * HOUR)]).toEqual(["14:05:02.114", "29 Nov 14:05:02"]);
    expect(three.map((one) => `${answerText(one, NOW)} ${answererText(one)}`)).toEqual([
      "401 ",
      "401 ",
      "503 fault lab",
    ]);
  });
});

describe("their picture", () => {
  const draw = (rows: Row[], of: NextAttempt | null, kind: "log" | "clock" = "log", width = 600) => {
    const axis = axisOf(kind, rows, of, NOW, width);
    const marks = marksOf(axis, rows, rows.at(-1)?.id ?? 0, NOW);
    return { axis, marks, gaps: gapsOf(axis, marks, of), ticks: ticksOf(axis, NOW) };
  };

  it.each(["log", "clock"] as const)("stands in order and within its room (%s)", (kind) => {
    const { axis, marks, ticks } = draw(three, next, kind);
    const xs = [...marks.map((mark) => mark.x), xOf(axis, NOW), xOf(axis, next.at_ms), axis.right];
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(axis.left);
    for (const [i, tick] of ticks.entries()) expect(tick.x - (ticks[i - 1]?.x ?? -99)).toBeGreaterThan(40);
  });

  it("tells each gap where there is room for it, the expected one as a guess", () => {
    const { gaps, marks, ticks } = draw(three, next);
    expect(marks.map((mark) => [mark.label, mark.note, mark.current])).toEqual([
      ["401", "rejected", false],
      ["401", "rejected", false],
      ["503", "fault lab", true],
    ]);
    expect(gaps.map((gap) => [plain(gap.label), gap.guessed])).toEqual([
      ["5.1 s", false],
      ["35 min", false],
      ["2 h", true],
    ]);
    expect(ticks.map((tick) => plain(tick.label))).toEqual(["first", "10 s", "1 min", "10 min", "1 h", "6 h", "24 h"]);
  });

  it("draws 50 attempts as few that can be told apart, and loses none", () => {
    const fifty = came(...Array.from({ length: 50 }, (_, i): [number] => [i * 20 * MIN]));
    for (const kind of ["log", "clock"] as const) {
      const { axis, marks } = draw(fifty, null, kind);
      expect(marks.flatMap((mark) => mark.rows)).toHaveLength(50);
      expect(marks.length).toBeLessThan(25);
      const labels = labelsOf(axis, marks, null, null);
      expect(labels.length).toBeGreaterThan(1);
      const ends = labels.filter((label) => label.anchor === "middle").map((label) => label.x);
      const apart = [...ends].sort((a, b) => a - b);
      for (const [i, x] of apart.entries()) expect(x - (apart[i - 1] ?? -99)).toBeGreaterThan(40);
    }
    expect(axisWords(fifty, null)).toContain("42 more");
  });

  it("gaps from a second to a day stand on one axis, each of them to be told from the others", () => {
    const day = came([0], [S], [MIN], [HOUR], [24 * HOUR]);
    const { axis, marks } = draw(day, null);
    expect(marks.map((mark) => mark.rows.length)).toEqual([1, 1, 1, 1, 1]);
    expect([marks[0]?.x, marks.at(-1)?.x]).toEqual([axis.left, axis.right]);
    // By the clock the first four are one.
    expect(draw(day, null, "clock").marks.map((mark) => mark.rows.length)).toEqual([4, 1]);
    // In a pane of 380 px only the first second has no room of its own.
    expect(draw(day, null, "log", 306).marks.map((mark) => mark.rows.length)).toEqual([2, 1, 1, 1]);
  });

  it("an attempt in words, and where the keys lead from it", () => {
    const again = came(
      [0, { outcome: "verified", status: 200 }],
      [5 * S, { status: 200, outcome: "verified", duplicate: true }],
    );
    expect(plain(attemptWords(again[1] as Row, FIRST, NOW))).toBe(
      "Attempt 2 · 5.0 s after the first · Verified · 200 · duplicate",
    );
    expect(attemptWords(again[1] as Row, null, NOW)).toContain(" · 14:05:07.114 · ");
    expect(draw(again, null).marks.map((mark) => mark.note)).toEqual(["verified", "duplicate"]);
    expect(["ArrowLeft", "ArrowRight", "Home", "End", "j"].map((key) => attemptKey(key, 0, 3))).toEqual([
      0,
      1,
      0,
      2,
      null,
    ]);
  });

  it("one attempt, and many at the same moment, have their place", () => {
    for (const rows of [came([0]), came([0], [0], [0])]) {
      const { axis, marks } = draw(rows, null);
      expect(marks.map((mark) => [mark.x, mark.rows.length])).toEqual([[axis.left, rows.length]]);
    }
    const { axis, marks, gaps } = draw(came([0]), next);
    expect([marks.length, gaps.length]).toEqual([1, 1]);
    expect(xOf(axis, next.at_ms)).toBeLessThan(axis.right);
    const labels = labelsOf(axis, marks, { x: axis.right, lines: ["about 16:40", "a guess, next"] }, null);
    expect(labels[0]).toMatchObject({ anchor: "end", of: "next" });
  });
});
