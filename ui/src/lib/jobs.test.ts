import { describe, expect, it } from "vitest";
import type { JobView } from "../ipc";
import { jobOf, toldOf as toldJob } from "../fake/job-rows";
import {
  ageOf,
  alarmsOf,
  askedWords,
  clockOf,
  expiryWords,
  findingLine,
  hasFinding,
  idOf,
  lengthOf,
  phaseMark,
  stateNote,
  titleOf,
  toldOf,
} from "./jobs";

const NOW = new Date(2026, 10, 29, 14, 36, 0).getTime();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const job = (rest: Partial<JobView> = {}): JobView => jobOf({ kind: "batch", name: "batches/k3v9q2d7", ...rest });
const plain = (text: string) => text.replaceAll("\u00A0", " ");

describe("lengths", () => {
  it.each([
    [40, "40 ms"],
    [24_000, "24 s"],
    [100_000, "1 min 40 s"],
    [11 * MINUTE + 5000, "11 min"],
    [83 * MINUTE, "1 h 23 min"],
    [31 * HOUR + 4 * MINUTE, "31 h 04 min"],
    [98 * HOUR, "4 d 2 h"],
    [-5, "0 ms"],
  ])("%i ms is %s", (ms, words) => expect(plain(lengthOf(ms))).toBe(words));

  it("names the day where it is another one", () => {
    expect(clockOf(NOW, NOW)).toBe("14:36");
    expect(clockOf(NOW - 24 * HOUR, NOW)).toBe("28 Nov 14:36");
  });
});

describe("states", () => {
  it("does not say that it runs where nobody asked", () => {
    expect(phaseMark(job({ phase: "unknown" })).word).toBe("Not asked yet");
    expect(phaseMark(job({ phase: "unknown", state: "JOB_STATE_NEW\u202E" })).word).toContain("JOB_STATE_NEW");
    expect(phaseMark(job({ phase: "unknown", state: "X\u202E" })).word).not.toContain("\u202E");
  });

  it("draws a pie only where there are counts", () => {
    const counts = { requests: 200, succeeded: 198, failed: 1, pending: 1 };
    expect(phaseMark(job({ phase: "running", counts })).glyph).toBe("pie");
    expect(phaseMark(job({ phase: "running" })).glyph).toBe("arc");
    expect(plain(stateNote(job({ phase: "running", counts })).text)).toBe("99 % of 200");
  });

  it("what is not usable goes before everything else", () => {
    expect(stateNote(job({ unusable: 62, note: "2,391 of 2,400 rows" }))).toEqual({
      text: "62 not usable",
      warn: true,
    });
  });
});

describe("age and expiry", () => {
  it("only a batch that runs has a limit", () => {
    const old = ageOf(job({ phase: "running", created_ms: NOW - 31 * HOUR }), NOW);
    expect(old).toMatchObject({ warn: true, bar: { past: true } });
    expect(old.bar?.share).toBeCloseTo(31 / 48);
    expect(
      ageOf(jobOf({ kind: "video", name: "x", phase: "running", created_ms: NOW - 50 * HOUR }), NOW).bar,
    ).toBeNull();
    expect(ageOf(job({ phase: "running" }), NOW).text).toBe("–");
  });

  it("says when a result goes, or that it went", () => {
    const ended_ms = NOW - 22 * MINUTE;
    expect(plain(ageOf(job({ ended_ms, expires_ms: ended_ms + 48 * HOUR }), NOW).note)).toBe("47 h left");
    expect(plain(ageOf(job({ ended_ms, expires_ms: NOW - 3 * HOUR }), NOW).note)).toBe("expired 3 h ago");
    expect(ageOf(job({ ended_ms, expires_ms: NOW - 700 * HOUR }), NOW).note).toBe("expired");
    expect(ageOf(job({ phase: "failed", ended_ms }), NOW).note).toBe("no result");
    expect(ageOf(job({ ended_ms }), NOW).note).toBe("");
    expect(expiryWords(job(), NOW)).toBeNull();
  });
});

describe("told", () => {
  const ended_ms = NOW - 22 * MINUTE;
  const cell = (rest: Partial<JobView>) => {
    const { mark, note } = toldOf(job({ ended_ms, ...rest }), NOW);
    return plain(`${mark.word} | ${note.text}`);
  };

  it("says how long after, how, and what became of the forward", () => {
    const forward = { sent_ms: ended_ms, status: 200, took_us: 1 };
    expect(cell({ told: toldJob(1, ended_ms + 24_000, { forward }) })).toBe("24 s after | v1a · forwarded");
    expect(cell({ told: toldJob(1, ended_ms + 6000, { scheme: "v1", attempts: 2 }) })).toBe("6 s after | v1 · ×2");
    expect(cell({ told: toldJob(1, ended_ms + 6000, { forward: { ...forward, status: 500 } }) })).toBe(
      "6 s after | v1a · forward 500",
    );
    expect(cell({ told: toldJob(1, ended_ms, { outcome: "rejected" }) })).toBe("rejected | v1a");
    const refused = { accepted: false, status: 503 };
    expect(cell({ told: toldJob(1, ended_ms + 6000, refused) })).toBe("6 s after | answered 503");
    expect(toldOf(job({ ended_ms, told: toldJob(1, ended_ms, refused) }), NOW).mark).toMatchObject({ tone: "warn" });
    expect(cell({ told: toldJob(1, ended_ms + 6000, { ...refused, status: 0 }) })).toBe("6 s after | dropped by us");
  });

  it("is not yet, never, or not to be expected", () => {
    expect(cell({ grace_until_ms: NOW + 5 * MINUTE })).toBe("not yet | grace until 14:41");
    const finding = { cause: "tunnel_down" as const, words: "tunnel was down", found_ms: NOW, set_aside: false };
    expect(cell({ finding })).toBe("never called | 0 attempts seen");
    expect(cell({ untold: true })).toBe("none expected | ");
    expect(cell({ phase: "running", ended_ms: null })).toBe("– | ");
    expect(cell({})).toBe("none seen | ");
  });

  it("an event that the service contradicts is told as such", () => {
    const told = toldJob(1, ended_ms + 4000, { contradiction: "The event says failed, the service says succeeded." });
    expect(toldOf(job({ ended_ms, told }), NOW)).toMatchObject({
      mark: { glyph: "warn", tone: "warn" },
      note: { text: "says otherwise" },
    });
  });
});

describe("findings", () => {
  const finding = {
    cause: "tunnel_down" as const,
    words: "tunnel was down 13:58–14:09",
    found_ms: NOW,
    set_aside: false,
  };

  it("is one sentence", () => {
    expect(findingLine(job({ ended_ms: NOW - 34 * MINUTE, finding }), NOW)).toBe(
      "Ended 14:02, never called: tunnel was down 13:58–14:09",
    );
  });

  it("does not say never called where something came", () => {
    const one = job({ ended_ms: NOW, finding: { ...finding, cause: "rejected", words: "no key verified it" } });
    expect(findingLine(one, NOW)).toBe("Ended 14:36: no key verified it");
  });

  it("set aside is no taller row", () => {
    expect(hasFinding(job({ finding }))).toBe(true);
    expect(hasFinding(job({ finding: { ...finding, set_aside: true } }))).toBe(false);
  });
});

it("metadata stands in for a name, and the id for both", () => {
  expect(titleOf(job({ title: "x", metadata: [{ key: "a", value: "b" }] }))).toEqual({ text: "x", mono: false });
  expect(titleOf(job({ metadata: [{ key: "ticket", value: "48213" }] }))).toEqual({ text: "ticket=48213", mono: true });
  expect(titleOf(job()).text).toBe("k3v9q2d7");
  expect(idOf("models/veo/operations/5hq2")).toBe("5hq2");
  expect(idOf("odd/")).toBe("odd/");
});

it("says when the service was asked, and is asked next", () => {
  const listed = {
    asked_ms: NOW - 8000,
    next_ms: NOW + 52_000,
    more: true,
    reading: false,
    error: null,
    paused_until_ms: null,
  };
  expect(plain(askedWords(listed, NOW))).toBe("asked 8 s ago, next in 52 s");
  expect(askedWords({ ...listed, asked_ms: null }, NOW)).toBe("not asked yet");
  expect(askedWords({ ...listed, paused_until_ms: NOW + HOUR }, NOW)).toBe("next at 15:36");
});

it("counts what needs somebody, of all projects or one", () => {
  const alarms = [
    { project: 1, missed: 2, waiting: 1 },
    { project: 2, missed: 1, waiting: 0 },
  ];
  expect(alarmsOf(alarms)).toEqual({ missed: 3, waiting: 1 });
  expect(alarmsOf(alarms, 2)).toEqual({ missed: 1, waiting: 0 });
});
