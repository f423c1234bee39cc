import { describe, expect, it } from "vitest";
import type { VerifiedAgain } from "../ipc/generated";
import { row } from "../fake/rows";
import { rowVerdict } from "./verdict";
import { at, outcome } from "./verify-again";

const sum = (some: Partial<VerifiedAgain>): VerifiedAgain => ({
  looked: 0,
  verified: 0,
  rejected: 0,
  partial: 0,
  skipped: 0,
  ...some,
});

describe("what came of judging again", () => {
  it.each<[Partial<VerifiedAgain>, number | "given" | null, string]>([
    [{ looked: 3412, verified: 3412 }, null, "3,412 are now verified."],
    [{ looked: 4, verified: 1, rejected: 3 }, null, "1 is now verified."],
    [
      { looked: 14, verified: 2, partial: 12 },
      null,
      "2 are now verified. 12 could not be checked again: only part of their body was kept.",
    ],
    [{ looked: 1, partial: 1 }, 1, "1 could not be checked again: only part of its body was kept."],
    [{ looked: 7, rejected: 5, partial: 1 }, null, ""],
    [{ looked: 7, rejected: 5 }, "given", "7 were checked again: no key verifies any of them."],
    [{ looked: 1, rejected: 1 }, 1, "Checked again: no key verifies it."],
    [{ skipped: 1 }, 1, "It is already verified."],
    [{ skipped: 9 }, 9, "Nothing to check again: all of them are verified."],
    [{}, null, ""],
    [{}, "given", ""],
  ])("%o of %s: %s", (some, asked, words) => expect(outcome(sum(some), asked)).toBe(words));
});

describe("when a verdict came later", () => {
  const now = new Date(2026, 10, 29, 12, 0).getTime();
  it("is told by the minute, with the day where it is another one", () => {
    expect(at(new Date(2026, 10, 29, 9, 12, 59).getTime(), now)).toBe("09:12");
    expect(at(new Date(2026, 10, 28, 23, 59).getTime(), now)).toBe("2026-11-28 23:59");
  });
  it("stands in the row of what is verified, and nowhere else", () => {
    const later = { judged_ms: new Date(2026, 10, 29, 9, 12).getTime() };
    expect(rowVerdict(row(1, now, { outcome: "verified", ...later }), now)).toMatchObject({
      word: "Verified",
      tone: "ok",
      cause: "later, 09:12",
    });
    expect(rowVerdict(row(1, now, { outcome: "rejected", cause: "no match", ...later }), now).cause).toBe("no match");
    expect(rowVerdict(row(1, now, { outcome: "verified" }), now).cause).toBe("");
  });
});
