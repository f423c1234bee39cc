import type { ForwardView, JobAlarms, Unseen, WebhookAlarms } from "../ipc/generated";
import { count, plural } from "./format";
import { alarmsOf } from "./jobs";
import { alarmCount } from "./webhooks";

/** What needs attention, as it stands at the rail. */
export type Badge = {
  count: number;
  /** There may be more. */
  more: boolean;
  /** Red: refused or lost. Amber: it waits. */
  tone: "no" | "warn";
  words: string;
};

export type Attention = {
  unseen: Unseen;
  webhooks: readonly WebhookAlarms[];
  jobs: readonly JobAlarms[];
  forwards: readonly ForwardView[];
};

/** By view; where nothing needs attention there is none. */
export function badgesOf({ unseen, webhooks, jobs, forwards }: Attention): ReadonlyMap<string, Badge> {
  const { missed, waiting } = alarmsOf(jobs);
  const down = forwards.filter((view) => view.state.state === "down").length;
  const alarms = alarmCount(webhooks);
  const lead = unseen.more ? "at least " : "";
  const all: [string, Badge][] = [
    [
      "deliveries",
      {
        count: unseen.rejected,
        more: unseen.more,
        tone: "no",
        words: `${lead}${count(unseen.rejected)} rejected, not seen yet`,
      },
    ],
    [
      "webhooks",
      { count: alarms, more: false, tone: "no", words: plural(alarms, "needs attention", "need attention") },
    ],
    [
      "handler",
      { count: down, more: false, tone: "warn", words: plural(down, "forward is held up", "forwards are held up") },
    ],
    [
      "operations",
      {
        count: missed + waiting,
        more: false,
        tone: "warn",
        words: [
          missed > 0 ? `${count(missed)} missed` : "",
          waiting > 0 ? plural(waiting, "waits for an answer", "wait for an answer") : "",
        ]
          .filter(Boolean)
          .join(", "),
      },
    ],
  ];
  return new Map(all.filter(([, badge]) => badge.count > 0));
}

/** `7`, `99+` */
export function badgeText({ count: number, more }: Pick<Badge, "count" | "more">): string {
  if (number > 99) return "99+";
  return more ? `${number}+` : String(number);
}

/** All of them together: what stands at the icon of Pollux. */
export const attentionOf = (badges: ReadonlyMap<string, Badge>): number =>
  [...badges.values()].reduce((sum, badge) => sum + badge.count, 0);
