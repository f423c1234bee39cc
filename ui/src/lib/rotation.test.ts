import { describe, expect, it } from "vitest";
import { ago, carriesOldOnly, endOf, graceWarning, impactOf, laneMarks, lasting, tail } from "./rotation";
import { a91f, c2, HOUR, lane, MIN, NOW, rotation, row, secret, tick } from "./test-rotation";

describe("words", () => {
  it.each([
    [0, "0\u00A0s"],
    [59_999, "59\u00A0s"],
    [41 * MIN, "41\u00A0min"],
    [HOUR, "1\u00A0h"],
    [157 * MIN, "2\u00A0h 37\u00A0min"],
    [17 * HOUR + 59 * MIN, "18\u00A0h"],
    [50 * HOUR, "2\u00A0d"],
  ])("%d ms last %s", (ms, text) => {
    expect(lasting(ms)).toBe(text);
  });
  it("times that lie ahead of the clock are now", () => {
    expect(ago(NOW + 5000, NOW)).toBe("just now");
  });
  it.each([
    ["whsec_…a91f", "…a91f"],
    ["whsec_...a91f", "…a91f"],
    ["x", "…x"],
  ])("the tail of %s is %s", (hint, end) => {
    expect(tail(hint)).toBe(end);
  });
  it("lanes are named by their order, and by the time", () => {
    const lanes = [
      a91f(),
      c2(),
      lane(secret("03fe", "grace", { expires_ms: NOW + HOUR })),
      lane(secret("30be", "expired", { expires_ms: NOW - HOUR })),
    ];
    expect(laneMarks(lanes, NOW).map((mark) => mark.word)).toEqual(["Current", "Previous", "Older", "Expired"]);
    expect(laneMarks(lanes, NOW + 2 * HOUR).map((mark) => mark.word)).toEqual([
      "Current",
      "Previous",
      "Expired",
      "Expired",
    ]);
    expect(lanes.map((one) => endOf(one.secret, NOW))).toEqual([
      null,
      "expires in 18\u00A0h",
      "expires in 1\u00A0h",
      "ended 1\u00A0h ago",
    ]);
  });
});

describe("what a rotation breaks", () => {
  it("every secret that is good now, also the current one", () => {
    const { ending, verified } = impactOf(
      rotation({
        lanes: [
          a91f([tick(1, 3)]),
          c2([tick(2, 4)]),
          lane(secret("30be", "expired", { expires_ms: NOW - 1 }), [tick(3, 9)]),
        ],
      }),
      NOW,
    );
    expect(ending.map((one) => [one.secret.hint, one.mark.word])).toEqual([
      ["whsec_…a91f", "Current"],
      ["whsec_…77c2", "Previous"],
    ]);
    expect(verified).toBe(7);
  });
  it("a grace that runs is warned about, and only one that runs", () => {
    expect(graceWarning(rotation({}), false, NOW)).toContain("…77c2 has 18\u00A0h left");
    expect(graceWarning(rotation({}), true, NOW)).toContain("together with …a91f");
    expect(graceWarning(rotation({ lanes: [a91f()] }), true, NOW)).toBeNull();
    expect(graceWarning(rotation({}), false, NOW + 19 * HOUR)).toBeNull();
  });
  it("knows a delivery that carries the old secret only", () => {
    const rotated = NOW - 30 * MIN;
    expect(carriesOldOnly(row({ grace_until: 5 }), rotated)).toBe(true);
    expect(carriesOldOnly(row({}), rotated)).toBe(true);
    expect(carriesOldOnly(row({ received_ms: NOW - MIN }), rotated)).toBe(false);
    expect(carriesOldOnly(row({ outcome: "rejected", grace_until: 5 }), rotated)).toBe(false);
    expect(carriesOldOnly(row({ scheme: "v1a" }), rotated)).toBe(false);
  });
});
