import type { DesktopSettings, Looking, NotificationKind } from "../ipc/generated";

/** The kinds, as they stand in the settings. */
export const KINDS: readonly { id: NotificationKind; label: string }[] = [
  { id: "rejected", label: "Deliveries are rejected after one that was verified" },
  { id: "webhook_disabled", label: "The service disables a webhook" },
  { id: "tunnel_down", label: "The tunnel has been down for a minute" },
  { id: "missed", label: "A job ends without an event that counts" },
  { id: "forward_down", label: "A forward’s target has taken nothing for a minute" },
  { id: "secret_ending", label: "An old secret ends within the hour" },
];

/** What the desktop shows before anybody was asked. */
export const NO_DESKTOP: DesktopSettings = {
  answered: false,
  rejected: false,
  webhook_disabled: false,
  tunnel_down: false,
  missed: false,
  forward_down: false,
  secret_ending: false,
  count: false,
  tray: false,
};

/** What it shows after a yes or a no. An icon in the tray is asked for by itself. */
export function answered(yes: boolean, before: DesktopSettings): DesktopSettings {
  const kinds = Object.fromEntries(KINDS.map(({ id }) => [id, yes]));
  return { ...before, ...kinds, count: yes, answered: true };
}

export const wanted = (settings: DesktopSettings): number => KINDS.filter(({ id }) => settings[id]).length;

/** How the window stands. */
export type Standing = {
  focused: boolean;
  view: string;
  /** Below 900 px the detail covers the list. */
  covered: boolean;
  /** The deliveries: the newest are in sight, what the search is for, and which project the bar chooses. */
  following: boolean;
  search: string;
  chosen: number | null;
  /** The list of webhooks is there, not the log; and whose. */
  hooks: { list: boolean; project: number | null };
  /** The jobs are all there, not those of a filter; and whose. */
  jobs: { whole: boolean; project: number | null };
  /** Which part of the handler's view. */
  tab: string;
};

/** Searches that leave out no rejected delivery. */
const ALL_REJECTED = ["", "verdict:rejected"];

/** What is on the screen and so needs no telling. The tunnel stands in the bar. */
export function lookingAt(at: Standing): Looking {
  if (!at.focused) return { kinds: [], project: null };
  const also = (kinds: NotificationKind[], project: number | null): Looking => ({
    kinds: ["tunnel_down", ...kinds],
    project,
  });
  if (at.covered) return also([], null);
  if (at.view === "deliveries" && at.following && ALL_REJECTED.includes(at.search.trim()))
    return also(["rejected"], at.chosen);
  if (at.view === "webhooks" && at.hooks.list && at.hooks.project !== null)
    return also(["webhook_disabled", "secret_ending"], at.hooks.project);
  if (at.view === "operations" && at.jobs.whole && at.jobs.project !== null) return also(["missed"], at.jobs.project);
  if (at.view === "handler" && at.tab === "forward") return also(["forward_down"], null);
  return also([], null);
}

export const sameLooking = (a: Looking, b: Looking): boolean =>
  a.project === b.project && a.kinds.length === b.kinds.length && a.kinds.every((kind) => b.kinds.includes(kind));
