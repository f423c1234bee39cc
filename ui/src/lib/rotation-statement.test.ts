import { describe, expect, it } from "vitest";
import type { Rotation } from "../ipc/generated";
import { QUIET_MS, statementOf, type StatementKind } from "./rotation-statement";
import { a91f, c2, HOUR, lane, MIN, NOW, rotation, row, secret, seen, tick } from "./test-rotation";

const CASES: [string, Partial<Rotation>, StatementKind, RegExp[]][] = [
  [
    "some still need the old one",
    { since: { by_current: 15, only_older: 4, last_only_older: seen(157 * MIN) } },
    "not_yet",
    [
      /^Not yet safe to revoke the previous secret$/,
      /4 deliveries since the rotation verify with …77c2 alone, the last 2\u00A0h 37\u00A0min ago\. 15 verify with …a91f\. It expires by itself in 18\u00A0h\.$/,
    ],
  ],
  [
    "one, and none by the new one",
    { since: { by_current: 0, only_older: 1, last_only_older: seen(MIN) } },
    "not_yet",
    [/1 delivery since the rotation verifies with …77c2 alone, 1\u00A0min ago\. None verifies with …a91f yet\./],
  ],
  [
    "none needs it",
    { lanes: [a91f([tick(HOUR, 212)]), c2()], since: { by_current: 212, only_older: 0, last_only_older: null } },
    "safe",
    [
      /^Safe to revoke …77c2$/,
      /^Since the rotation 6\u00A0h ago, 212 deliveries verify with …a91f; none needs the previous one\. It expires by itself in 18\u00A0h\.$/,
    ],
  ],
  [
    "none needs it, but a place of the list does",
    {
      since: { by_current: 2, only_older: 0, last_only_older: null },
      places: [{ id: 1, text: "CI", done: false, done_ms: null }],
    },
    "safe",
    [/list is not done/, /1 place still holds the old one/],
  ],
  [
    "rotated two days ago: counted over a day only",
    { rotated_ms: NOW - 48 * HOUR, since: { by_current: 3, only_older: 0, last_only_older: null } },
    "safe",
    [/^In the last 24\u00A0h, 3 deliveries/],
  ],
  ["nothing came", {}, "nothing_came", [/^No data yet$/, /^Nothing has arrived since the rotation 6\u00A0h ago/]],
  [
    "only rejected ones came",
    { rejected: [tick(HOUR, 2), tick(8 * HOUR, 5)] },
    "nothing_came",
    [/^Nothing verified yet$/, /^Nothing that verifies has arrived/, /2 more were rejected/],
  ],
  [
    "a retry carries the old one",
    {
      since: { by_current: 9, only_older: 0, last_only_older: null },
      pending: [row({ grace_until: 1 }), row({ outcome: "rejected" })],
    },
    "not_yet",
    [/9 deliveries verify with …a91f\. 1 event waiting for a retry carried …77c2 alone\./],
  ],
  [
    "quiet for long while the new one is used",
    {
      lanes: [a91f([tick(9 * HOUR, 4), tick(HOUR, 3)], { created_ms: NOW - 10 * HOUR }), c2()],
      rotated_ms: NOW - 10 * HOUR,
      since: { by_current: 7, only_older: 2, last_only_older: seen(QUIET_MS + MIN) },
    },
    "quiet",
    [
      /^Quiet for 6\u00A0h 1\u00A0min: judge for yourself$/,
      /2 deliveries since the rotation verify with …77c2 alone, the last 6\u00A0h 1\u00A0min ago\. After that 3 deliveries verify with …a91f\./,
    ],
  ],
  [
    "quiet, but nothing else came either",
    {
      lanes: [a91f([tick(9 * HOUR, 4)]), c2()],
      since: { by_current: 4, only_older: 2, last_only_older: seen(QUIET_MS + MIN) },
    },
    "not_yet",
    [],
  ],
  [
    "a minute short of quiet",
    {
      lanes: [a91f([tick(HOUR)]), c2()],
      since: { by_current: 1, only_older: 2, last_only_older: seen(QUIET_MS - MIN) },
    },
    "not_yet",
    [],
  ],
  [
    "the previous one has ended",
    {
      lanes: [a91f([tick(HOUR)]), lane(secret("77c2", "expired", { expires_ms: NOW - 3 * HOUR }))],
      since: { by_current: 1, only_older: 0, last_only_older: null },
      rejected: [tick(HOUR)],
    },
    "ended",
    [
      /…77c2 ended 3\u00A0h ago\. 1 delivery since the rotation verifies with …a91f/,
      /1 delivery was rejected after that/,
    ],
  ],
  [
    "its end has passed since the reading",
    { lanes: [a91f(), c2([], { expires_ms: NOW - 1 })] },
    "ended",
    [/…77c2 ended just now/],
  ],
  [
    "it ended before the axis begins",
    { lanes: [a91f()], rotated_ms: NOW - 40 * HOUR },
    "ended",
    [/only …a91f is valid/],
  ],
  [
    "no rotation known",
    { lanes: [a91f([tick(5 * MIN, 3)])], rotated_ms: null },
    "no_rotation",
    [/3 deliveries of the last 24\u00A0h verify with …a91f, the last 5\u00A0min ago\./],
  ],
  [
    "a grace of a rotation made elsewhere",
    { rotated_ms: null },
    "rotation_unknown",
    [/does not know when …a91f took over/],
  ],
  [
    "the current one is not here",
    { lanes: [a91f([], { available: false, key: null }), c2()] },
    "made_elsewhere",
    [/Pollux does not have …a91f/, /Paste it in Secrets, or rotate/],
  ],
  [
    "the previous one is not here",
    {
      lanes: [a91f(), c2([], { available: false, key: null })],
      since: { by_current: 5, only_older: 0, last_only_older: null },
    },
    "made_elsewhere",
    [/a delivery that needs it looks rejected/],
  ],
  [
    "two older ones",
    {
      lanes: [a91f(), c2(), lane(secret("03fe", "grace", { expires_ms: NOW + 4 * HOUR }))],
      since: { by_current: 1, only_older: 2, last_only_older: seen(HOUR) },
    },
    "not_yet",
    [/revoke the older secrets/, /…77c2 or …03fe alone/, /…77c2 in 18\u00A0h, …03fe in 4\u00A0h\./],
  ],
  ["no secret at all", { lanes: [], rotated_ms: null }, "made_elsewhere", [/No signing secret is known/]],
];

describe("the statement", () => {
  it.each(CASES)("%s", (_what, data, kind, texts) => {
    const statement = statementOf(rotation(data), NOW);
    expect(statement.kind).toBe(kind);
    const said = statement.sentences.join(" ");
    for (const text of texts)
      expect(
        [statement.title, said].some((one) => text.test(one)),
        `${text} in ${statement.title} / ${said}`,
      ).toBe(true);
    for (const sentence of statement.sentences) expect(sentence).toMatch(/^[A-Z0-9…].*\.$/);
  });

  it("only a statement without open questions is in green", () => {
    for (const [, data] of CASES) {
      const { kind, tone } = statementOf(rotation(data), NOW);
      if (tone === "ok") expect(["safe", "ended"]).toContain(kind);
    }
  });

  it("offers to revoke exactly while an older secret is good", () => {
    expect(
      CASES.filter(([, data]) => statementOf(rotation(data), NOW).revocable).every(
        ([, , kind]) => !["ended", "no_rotation"].includes(kind),
      ),
    ).toBe(true);
    expect(statementOf(rotation({}), NOW).revocable).toBe(true);
  });
});
