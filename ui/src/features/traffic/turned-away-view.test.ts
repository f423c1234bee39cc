import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { REFUSALS, requestLine } from "../../lib/turned-away";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

let fake: FakeBackend;

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
});
afterEach(cleanup);

async function open(): Promise<void> {
  const app = new App(fake);
  render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
}

const link = () => screen.getByTestId("turned-away");
const rows = () => screen.queryAllByTestId("turned-away-row");

it("counts every kind in the status line and opens what is known of each", async () => {
  fake.turned.scene("some");
  await open();
  expect(link().textContent).toBe("16 turned away");
  await fireEvent.click(link());
  await screen.findByTestId("turned-away-dialog");
  await waitFor(() => expect(rows()).toHaveLength(16));
  const kinds = screen.getAllByTestId("turned-away-kind").map((one) => [one.dataset.kind, one.dataset.count]);
  expect(kinds).toEqual([
    ["head_too_large", "1"],
    ["not_http", "1"],
    ["cross_site", "1"],
    ["no_token", "12"],
    ["other_method", "1"],
  ]);
  expect(screen.getAllByTestId("turned-away-kind")[0]?.textContent).toContain("Proxies add headers");
  expect(rows()[0]?.textContent).toContain("POST /nightly");
  expect(rows()[0]?.textContent).toContain("more than 256 header lines");
  expect(rows()[1]?.textContent).toContain("not read");
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
});

it("is live while it is open, and says that there is nothing where there is nothing", async () => {
  await open();
  expect(link().textContent).toBe("0 turned away");
  await fireEvent.click(link());
  expect((await screen.findByTestId("turned-away-empty")).textContent).toContain("Nothing has been turned away");
  fake.turned.add("cross_site", "A web page at https://evil.example sent it, and not a server.");
  fake.tellCounts();
  await waitFor(() => expect(rows()).toHaveLength(1));
  expect(screen.queryByTestId("turned-away-empty")).toBeNull();
  expect(link().textContent).toBe("1 turned away");
  fake.turned.add("other_method", "GET is not taken: webhooks come by POST.", { method: "GET" });
  fake.tellCounts();
  await waitFor(() => expect(rows().map((one) => one.dataset.kind)).toEqual(["other_method", "cross_site"]));
});

it("shows a page, then older ones, and says where the memory ends", async () => {
  fake.turned.scene("many");
  await open();
  await fireEvent.click(link());
  await waitFor(() => expect(rows()).toHaveLength(100));
  await fireEvent.click(screen.getByTestId("turned-away-more"));
  await waitFor(() => expect(rows()).toHaveLength(400));
  await fireEvent.click(screen.getByTestId("turned-away-more"));
  await waitFor(() => expect(rows()).toHaveLength(700));
  await fireEvent.click(screen.getByTestId("turned-away-more"));
  await waitFor(() => expect(rows()).toHaveLength(1000));
  expect(screen.queryByTestId("turned-away-more")).toBeNull();
  expect(screen.getByTestId("turned-away-dialog").textContent).toContain("The newest 1,000 are remembered.");
}, 30_000);

it("says what went wrong when it cannot be read", async () => {
  fake.failures.set("turnedAway", { code: "internal", message: "It could not be read.", detail: null });
  await open();
  await fireEvent.click(link());
  await waitFor(() => expect(screen.getByTestId("turned-away-dialog").textContent).toContain("It could not be read."));
});

it("has a meaning and something to do for every kind, each in whole sentences", () => {
  for (const words of Object.values(REFUSALS)) {
    expect(words.means).toMatch(/^[A-Z].*\.$/);
    expect(words.todo).toMatch(/^[A-Z].*\.$/);
  }
  expect(requestLine({ method: null, path: null })).toBeNull();
  expect(requestLine({ method: "POST", path: null })).toBe("POST");
});
