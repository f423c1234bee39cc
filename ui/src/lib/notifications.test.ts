import { expect, it } from "vitest";
import { answered, KINDS, lookingAt, NO_DESKTOP, sameLooking, wanted, type Standing } from "./notifications";

const AT: Standing = {
  focused: true,
  view: "deliveries",
  covered: false,
  following: true,
  search: "",
  chosen: null,
  hooks: { list: true, project: 2 },
  jobs: { whole: true, project: 3 },
  tab: "forward",
};

it.each<[string, Partial<Standing>, string[], number | null]>([
  ["the newest of all deliveries", {}, ["rejected"], null],
  ["the newest of one project", { chosen: 5 }, ["rejected"], 5],
  ["rejected ones only", { search: " verdict:rejected " }, ["rejected"], null],
  ["a search that may leave some out", { search: "verdict:rejected type:batch.failed" }, [], null],
  ["older deliveries", { following: false }, [], null],
  ["a detail that covers the list", { covered: true }, [], null],
  ["webhooks", { view: "webhooks" }, ["webhook_disabled", "secret_ending"], 2],
  ["the log of the webhooks", { view: "webhooks", hooks: { list: false, project: 2 } }, [], null],
  ["webhooks without a project", { view: "webhooks", hooks: { list: true, project: null } }, [], null],
  ["operations", { view: "operations" }, ["missed"], 3],
  ["filtered operations", { view: "operations", jobs: { whole: false, project: 3 } }, [], null],
  ["forwarding", { view: "handler" }, ["forward_down"], null],
  ["the check of the handler", { view: "handler", tab: "check" }, [], null],
  ["settings", { view: "settings" }, [], null],
])("%s: what is looked at", (_, some, kinds, project) => {
  // The bar, with the tunnel in it, is always there.
  expect(lookingAt({ ...AT, ...some })).toEqual({ kinds: ["tunnel_down", ...kinds], project });
  expect(lookingAt({ ...AT, ...some, focused: false })).toEqual({ kinds: [], project: null });
});

it("a yes is for every kind and the count, a no for none; the tray is left as it is", () => {
  const yes = answered(true, NO_DESKTOP);
  expect(KINDS.every(({ id }) => yes[id])).toBe(true);
  expect(yes).toMatchObject({ answered: true, count: true, tray: false });
  expect(wanted(yes)).toBe(6);
  expect(answered(false, { ...yes, tray: true })).toEqual({ ...NO_DESKTOP, answered: true, tray: true });
});

it("the same is the same in any order", () => {
  const a = lookingAt({ ...AT, view: "webhooks" });
  expect(sameLooking(a, { ...a, kinds: [...a.kinds].reverse() })).toBe(true);
  expect(sameLooking(a, { ...a, project: 9 })).toBe(false);
  expect(sameLooking(a, { ...a, kinds: a.kinds.slice(1) })).toBe(false);
});
