import { describe, expect, it } from "vitest";
import type { HistoryDamage, HistoryHealth, MissingDeliveries, Recovery } from "../ipc/generated";
import {
  damageWords,
  healthWords,
  missingHelp,
  missingWords,
  recoveredDetail,
  recoveredWords,
  stretchWords,
} from "./health";

const damage = (deliveries: number | null, readable: number): HistoryDamage => ({
  says: [],
  deliveries,
  readable,
  unreadable: [],
});

describe("what is lost", () => {
  it.each<[number | null, number, string]>([
    [54_000, 53_980, "20 of 54,000 deliveries cannot be read back."],
    [2, 1, "1 of 2 deliveries cannot be read back."],
    [54_000, 54_000, "all of its 54,000 deliveries can be read back."],
    [54_000, 54_010, "54,010 deliveries can be read back, though it counts 54,000."],
    [0, 1, "1 delivery can be read back, though it counts 0."],
    [54_000, 0, "none of its 54,000 deliveries can be read back."],
    [1, 0, "its only delivery cannot be read back."],
    [1, 1, "its only delivery can be read back."],
    [0, 0, "it counts no deliveries, and none was found."],
    [null, 53_980, "53,980 deliveries can be read back; how many there were cannot be read."],
    [null, 1, "1 delivery can be read back; how many there were cannot be read."],
    [null, 0, "no delivery can be read back, and how many there were cannot be read either."],
  ])("counted %s, readable %s", (all, readable, words) => expect(damageWords(damage(all, readable))).toBe(words));

  it("is named by number, shortened", () => {
    expect(stretchWords([], 3)).toBe("");
    expect(stretchWords([[7, 7]], 3)).toBe("7");
    const four: [number, number][] = [
      [121, 180],
      [400, 400],
      [1000, 1010],
      [2000, 2001],
    ];
    expect(stretchWords(four.slice(0, 2), 3)).toBe("121 to 180 and 400");
    expect(stretchWords(four.slice(0, 3), 3)).toBe("121 to 180, 400 and 1,000 to 1,010");
    expect(stretchWords(four, 3)).toBe("121 to 180, 400, 1,000 to 1,010 and 1 more stretch");
    expect(stretchWords(four, 2)).toBe("121 to 180, 400 and 2 more stretches");
  });

  it("is no more than what was told: there may be more than 100 stretches", () => {
    const many = Array.from({ length: 100 }, (_, i): [number, number] => [10 * i, 10 * i]);
    expect(stretchWords(many, 1)).toBe("0 and at least 99 more stretches");
    expect(stretchWords(many.slice(1), 1)).toBe("10 and 98 more stretches");
  });
});

describe("what is missing", () => {
  const NOTED = new Date(2026, 10, 29, 10, 55).getTime();
  const missing = (over: Partial<MissingDeliveries> = {}): MissingDeliveries => ({
    stored: 1180,
    noted_ms: NOTED,
    found: 1120,
    log_gone: true,
    ...over,
  });

  it("is said by number", () => {
    expect(missingWords(missing())).toBe("Deliveries 1,121 to 1,180 were stored and are not in the file.");
    expect(missingWords(missing({ found: 1179 }))).toBe("Delivery 1,180 was stored and is not in the file.");
    expect(missingWords(missing({ stored: 2, found: 0 }))).toBe(
      "Deliveries 1 to 2 were stored and are not in the file.",
    );
  });

  it("comes with when that was noted, and what may bring it back", () => {
    const gone = missingHelp(missing(), "history.db");
    expect(gone).toMatch(/^Pollux noted on 29\u00A0Nov( 2026)? 10:55 that it had stored delivery 1,180\. The log/);
    expect(gone).toContain("put history.db-wal back beside it");
    expect(gone).not.toContain("older copy");
    const older = missingHelp(missing({ log_gone: false }), "history.db");
    expect(older).toContain("An older copy of the history may have been put in its place.");
    expect(older).not.toContain("-wal");
  });
});

describe("the health", () => {
  const health = (state: HistoryHealth["state"], found: HistoryDamage | null = null): HistoryHealth => ({
    state,
    unclean: false,
    missing: null,
    damage: found,
  });

  it("is said only as far as it is known", () => {
    expect(healthWords(health("not_checked"), null)).toBe("Not checked in this run");
    expect(healthWords(health("checking"), null)).toBe("Checking…");
    const structure = "Sound in its structure. Whether every delivery can be read back is not known.";
    expect(healthWords(health("sound"), null)).toBe(structure);
    expect(healthWords(health("sound"), { thorough: false, atMs: 0 })).toBe(structure);
    expect(healthWords(health("sound"), { thorough: true, atMs: 0 })).toBe("Sound: every delivery can be read back.");
    expect(healthWords(health("damaged"), null)).toBe("Damaged.");
    expect(healthWords(health("damaged", damage(2, 1)), null)).toBe("Damaged: 1 of 2 deliveries cannot be read back.");
  });
});

describe("a recovery", () => {
  const recovery = (over: Partial<Recovery> = {}): Recovery => ({
    path: "/h.db",
    kept: "/h-2026.db",
    deliveries: 53_980,
    of: 54_000,
    found_by_page: 0,
    without_verdict: 0,
    others: [],
    ...over,
  });

  it.each<[number, number | null, string]>([
    [53_980, 54_000, "Recovered 53,980 of 54,000 deliveries."],
    [54_000, 54_000, "Recovered all 54,000 deliveries."],
    [54_010, 54_000, "Recovered 54,010 deliveries, though the damaged history counted 54,000."],
    [0, 1, "Recovered 0 of 1 delivery."],
    [1, 1, "Recovered its only delivery."],
    [0, 0, "Recovered the history; it counted no deliveries."],
    [1, null, "Recovered 1 delivery; how many there were cannot be read."],
  ])("%s of %s", (deliveries, of, words) =>
    expect(recoveredWords(recovery({ deliveries, of }))).toBe(`${words} The damaged history is kept at /h-2026.db.`),
  );

  it("says what else is lost", () => {
    expect(recoveredDetail(recovery())).toBeNull();
    expect(recoveredDetail(recovery({ without_verdict: 1 }))).toBe(
      "1 of them lost the details of its verdict: verify it again.",
    );
    expect(recoveredDetail(recovery({ without_verdict: 1200, others: ["uptime", "outbound"] }))).toBe(
      "1,200 of them lost the details of their verdicts: verify them again. " +
        "Something could not be read of uptime, outbound.",
    );
  });
});
