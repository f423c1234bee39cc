import { expect, it } from "vitest";
import type { ForwardView } from "../ipc/generated";
import { attentionOf, badgesOf, badgeText, type Attention } from "./attention";
import { noForward } from "./forward";

const NOTHING: Attention = { unseen: { rejected: 0, more: false }, webhooks: [], jobs: [], forwards: [] };
const down = (project: number): ForwardView => ({
  ...noForward(project),
  state: { state: "down", why: "refused", since_ms: 0, next_ms: 1, attempt: 2 },
});

it("where nothing needs attention there is no badge", () => {
  const quiet: Attention = {
    ...NOTHING,
    webhooks: [{ project: 1, disabled: 0, earlier: 0 }],
    jobs: [{ project: 1, missed: 0, waiting: 0 }],
    forwards: [noForward(1)],
  };
  expect(badgesOf(quiet).size).toBe(0);
  expect(attentionOf(badgesOf(quiet))).toBe(0);
});

it.each([
  [{ unseen: { rejected: 1, more: false } }, "deliveries", "1 rejected, not seen yet", "no"],
  [{ unseen: { rejected: 12, more: true } }, "deliveries", "at least 12 rejected, not seen yet", "no"],
  [{ webhooks: [{ project: 1, disabled: 1, earlier: 0 }] }, "webhooks", "1 needs attention", "no"],
  [
    {
      webhooks: [
        { project: 1, disabled: 1, earlier: 2 },
        { project: 2, disabled: 1, earlier: 0 },
      ],
    },
    "webhooks",
    "4 need attention",
    "no",
  ],
  [{ jobs: [{ project: 1, missed: 2, waiting: 0 }] }, "operations", "2 missed", "warn"],
  [{ jobs: [{ project: 1, missed: 1, waiting: 1 }] }, "operations", "1 missed, 1 waits for an answer", "warn"],
  [{ jobs: [{ project: 1, missed: 0, waiting: 3 }] }, "operations", "3 wait for an answer", "warn"],
  [{ forwards: [down(1), noForward(2)] }, "handler", "1 forward is held up", "warn"],
  [{ forwards: [down(1), down(2)] }, "handler", "2 forwards are held up", "warn"],
] as const)("%j is told at %s: %s", (some, view, words, tone) => {
  const badges = badgesOf({ ...NOTHING, ...some });
  expect([...badges.keys()]).toEqual([view]);
  expect(badges.get(view)).toMatchObject({ words, tone });
});

it("the icon counts all of them", () => {
  const all = {
    unseen: { rejected: 3, more: false },
    webhooks: [{ project: 1, disabled: 1, earlier: 1 }],
    jobs: [{ project: 1, missed: 2, waiting: 1 }],
    forwards: [down(1)],
  };
  expect(attentionOf(badgesOf(all))).toBe(9);
});

it("a badge is short", () => {
  const text = (count: number, more = false) => badgeText({ count, more });
  expect([text(7), text(99), text(100), text(7, true), text(1000, true)]).toEqual(["7", "99", "99+", "7+", "99+"]);
});
