import { describe, expect, it } from "vitest";
import type { SecretView } from "../ipc/generated";
import { endOf, ordered, standOf } from "./secrets";

const NOW = 1_795_223_000_000;
const S = NOW / 1000;
const secret = (id: string, key_state: SecretView["key_state"], more: Partial<SecretView> = {}): SecretView => ({
  id,
  project: 1,
  label: "",
  hint: `whsec_…${id}`,
  added_ms: 5,
  stored_in: "file",
  builtin: false,
  warnings: [],
  key_state,
  available: true,
  webhook: null,
  destroyed_ms: null,
  ...more,
});

describe("secrets", () => {
  it("are ordered by what they are still good for", () => {
    const list = [
      secret("gone", { state: "expired", at: S - 9 }, { destroyed_ms: NOW, available: false }),
      secret("ended", { state: "expired", at: S - 99 }),
      secret("grace", { state: "grace", until: S + 5 }),
      secret("late", { state: "expired", at: S - 3 }),
      secret("other", { state: "current" }, { project: 2 }),
      secret("old", { state: "current" }),
      secret("new", { state: "current" }, { added_ms: 9 }),
    ];
    expect(ordered(list).map((one) => one.id)).toEqual(["new", "old", "other", "grace", "late", "ended", "gone"]);
    expect(list[0]?.id).toBe("gone");
  });

  it.each<[string, SecretView, string]>([
    ["a current one", secret("a", { state: "current" }), "current"],
    ["one in its grace", secret("a", { state: "grace", until: S + 1 }), "grace"],
    ["a grace that ran out since", secret("a", { state: "grace", until: S }), "expired"],
    ["an ended one", secret("a", { state: "expired", at: S - 1 }), "expired"],
    ["one that cannot be read", secret("a", { state: "current" }, { available: false }), "unreadable"],
    [
      "a destroyed one",
      secret("a", { state: "expired", at: S - 1 }, { available: false, destroyed_ms: NOW }),
      "destroyed",
    ],
  ])("%s", (_what, one, stand) => {
    expect(standOf(one, NOW)).toBe(stand);
  });

  it("know when they end", () => {
    expect(
      [
        secret("a", { state: "current" }),
        secret("a", { state: "grace", until: 7 }),
        secret("a", { state: "expired", at: 8 }),
      ].map(endOf),
    ).toEqual([null, 7000, 8000]);
  });
});
