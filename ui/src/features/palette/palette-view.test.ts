import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { fakeRow } from "../../fake/rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

const NOW = Date.now();
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  // jsdom lays nothing out: give lists a height, or they draw no rows.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
});
afterEach(cleanup);

async function open(rows = 30): Promise<HTMLElement> {
  fake.rows = Array.from({ length: rows }, (_, i) => fakeRow(i + 1, NOW - (rows - i) * 1000, NOW));
  app = new App(fake);
  const { container } = render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  if (rows > 0) await screen.findAllByTestId("row");
  return container;
}

const press = (key: string, extra = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key, ...extra });
const input = () => screen.getByTestId<HTMLInputElement>("palette-input");
const gone = () => waitFor(() => expect(screen.queryByTestId("palette")).toBeNull());

/** Opens it, and waits until what is kept and known has been read. */
async function palette(): Promise<void> {
  await press("k", { ctrlKey: true });
  await waitFor(() => expect(document.activeElement).toBe(input()));
  await waitFor(() => expect(fake.calls).toContain("paletteWebhooks"));
}

async function type(text: string): Promise<void> {
  await fireEvent.input(input(), { target: { value: text } });
}

/** The entry that the field names. */
const chosen = () => document.getElementById(input().getAttribute("aria-activedescendant") ?? "");
const chosenLabel = () => chosen()?.querySelector(".label")?.textContent?.trim();
const groups = () =>
  within(screen.getByTestId("palette"))
    .getAllByRole("group")
    .map((one) => one.getAttribute("aria-label"));

describe("the palette", () => {
  it("is a combobox with a listbox, opened from everywhere, and gives the focus back", async () => {
    await open();
    const row = screen.getAllByTestId("row")[2] as HTMLElement;
    row.focus();
    await palette();
    expect(input().getAttribute("role")).toBe("combobox");
    const list = within(screen.getByTestId("palette")).getByRole("listbox");
    expect(input().getAttribute("aria-controls")).toBe(list.id);
    expect(chosen()?.getAttribute("aria-selected")).toBe("true");
    await press("Escape");
    await gone();
    expect(document.activeElement).toBe(row);
    // The same key closes it.
    await palette();
    await press("k", { ctrlKey: true });
    await gone();
    expect(document.activeElement).toBe(row);
  });

  it("runs what a key runs, typed by its beginning, and has it among the recent ones", async () => {
    await open();
    await press("j");
    await waitFor(() => expect(app.detail.detail).not.toBeNull());
    await palette();
    await type("pin");
    expect(chosenLabel()).toBe("Pin, or unpin");
    await press("Enter");
    await gone();
    await waitFor(() => expect(fake.rows.at(-1)?.pinned).toBe(true));
    expect(fake.used.map(({ entry }) => entry)).toEqual(["action:pin"]);
    await palette();
    await waitFor(() => expect(groups()[0]).toBe("Recent"));
    expect(chosenLabel()).toBe("Pin, or unpin");
  });

  it("one that can do nothing can be reached, says why, and does nothing", async () => {
    await open();
    await palette();
    await type("verify again");
    const entry = chosen();
    expect(entry?.getAttribute("aria-disabled")).toBe("true");
    expect(entry?.querySelector(".end")?.textContent).toContain("no delivery is chosen");
    await press("Enter");
    expect(screen.getByTestId("palette-told").textContent).toBe("Verify again: no delivery is chosen.");
    expect(screen.queryByTestId("palette")).not.toBeNull();
    expect(fake.calls).not.toContain("verifyAgain");
  });

  it("goes to another view for what begins there", async () => {
    await open();
    await palette();
    await type("new job");
    await press("Enter");
    await gone();
    await waitFor(() => expect(app.screen.view).toBe("operations"));
    expect(app.jobs.asking).toBe("new");
  });

  it("moves around its ends, and lists one group alone", async () => {
    await open();
    await palette();
    const first = chosen()?.id;
    await press("ArrowUp");
    await waitFor(() => expect(chosen()?.getAttribute("data-key")).toMatch(/^broken:/));
    await press("ArrowDown");
    expect(chosen()?.id).toBe(first);
    await type("sandbox");
    const entry = chosenLabel();
    expect(entry).toBe("Sandbox");
    await press("Tab");
    expect(groups()).toEqual(["Go to"]);
    expect(chosenLabel()).toBe(entry);
    await press("Escape");
    expect(groups().length).toBeGreaterThan(1);
    await press("Escape");
    await gone();
  });

  it("a setting is found by its name, with its value, and has the focus", async () => {
    await open();
    await palette();
    await type("tolerance");
    expect(chosenLabel()).toBe("Time tolerance");
    expect(chosen()?.textContent).toContain("300\u00A0s");
    await press("Enter");
    await gone();
    await waitFor(() => expect(document.activeElement?.getAttribute("data-testid")).toBe("setting-tolerance"));
  });

  it("chooses projects, webhooks of all projects and saved searches, and sends samples", async () => {
    await open();
    const run = async (text: string) => {
      await palette();
      await type(text);
      await waitFor(() => expect(chosen()).not.toBeNull());
      await press("Enter");
      await gone();
    };
    await run("video-render");
    expect(app.projects.chosenId).toBe(2);
    await palette();
    await waitFor(() => expect(app.palette.size).toBeGreaterThan(100));
    await type("nightly results");
    await waitFor(() => expect(chosenLabel()).toBe("nightly results"));
    await press("Enter");
    await gone();
    await waitFor(() => expect(app.screen.view).toBe("webhooks"));
    expect([app.projects.chosenId, app.webhooks.chosen.get(1)]).toEqual([1, "95fy2q8w7e1r0t4y6u3i5o9p8a7s6d5bfhzz"]);
    await run("Forged");
    await waitFor(() => expect(app.deliveries.query).toBe("verdict:rejected reason:no_matching_signature"));
    await run("send video.gen");
    await waitFor(() => expect(fake.calls).toContain("sampleSend"));
    expect(fake.rows.at(-1)?.event_type).toBe("video.generated");
  });

  it("without a match says so, and offers to search the deliveries", async () => {
    await open();
    await palette();
    await type("zzq zzq");
    expect(screen.getByTestId("palette-none").textContent).toContain("is called that");
    expect(chosenLabel()).toBe("Search deliveries for “zzq zzq”");
    await press("Enter");
    await gone();
    await waitFor(() => expect(app.deliveries.query).toBe('"zzq zzq"'));
  });

  it("draws only what is in sight of 10,000 entries, and the chosen one", async () => {
    fake.moreWebhooks = Array.from({ length: 10_000 }, (_, i) => ({
      project: 1,
      id: `hook-${i}`,
      name: i === 7 ? "a name ".repeat(60) : `eval ${i}`,
      uri: `https://hooks.example.com/${i}`,
      state: "enabled",
    }));
    await open();
    await palette();
    await waitFor(() => expect(app.palette.size).toBeGreaterThan(10_000));
    expect(screen.getAllByTestId("palette-entry").length).toBeLessThan(40);
    await press("ArrowUp");
    expect(chosen()?.getAttribute("aria-posinset")).toBe(String(app.palette.list.entries.length));
    expect(screen.getAllByTestId("palette-entry").length).toBeLessThan(40);
    await type("eval 777");
    await waitFor(() => expect(chosenLabel()).toBe("eval 777"));
    expect(screen.getByTestId("palette-count").textContent).toMatch(/^[\d,]+ of 10,[\d]{3} · /);
    expect(screen.getAllByTestId("palette-entry").length).toBeLessThan(40);
  });
});

describe("a pasted id", () => {
  it("of a kept event leads to it, before all that its letters fit", async () => {
    await open();
    const id = fake.rows[11]?.message_id ?? "";
    await palette();
    await type(id);
    await waitFor(() => expect(chosenLabel()).toBe("Go to delivery"));
    await waitFor(() => expect(chosen()?.querySelector(".sub")?.textContent).toContain("Verified"));
    expect(groups()[0]).toBe("This id");
    expect(screen.getByTestId("palette-count").textContent).toContain("1 delivery");
    await press("Enter");
    await gone();
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("12"));
    await palette();
    await waitFor(() => expect(groups()[0]).toBe("Recent"));
    await waitFor(() => expect(chosen()?.textContent).toContain("Verified"));
  });

  it("can be chosen before it is found: it is gone to as soon as it is", async () => {
    await open();
    await palette();
    fake.delay = 30;
    await type("#5");
    expect(chosen()?.textContent).toContain("looking for it…");
    await press("Enter");
    expect(screen.queryByTestId("palette")).not.toBeNull();
    await gone();
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("5"));
  });

  it("that leads nowhere says so", async () => {
    await open();
    await palette();
    await type("msg_unknown");
    await waitFor(() =>
      expect(screen.getByTestId("palette").textContent).toContain("no delivery with this id is kept"),
    );
    expect(screen.getByTestId("palette-count").textContent).toContain("nothing kept");
  });

  it("of a job opens it, whatever project it is of", async () => {
    await open();
    const job = fake.jobList.find((one) => one.kind === "batch");
    await palette();
    await type(job?.name ?? "");
    await waitFor(() => expect(chosenLabel()).toBe("Open the batch"));
    await press("Enter");
    await gone();
    await waitFor(() => expect(app.jobs.open.name).toBe(job?.name));
    expect(app.screen.view).toBe("operations");
  });

  it("is asked for nowhere outside, and the clipboard is not read", async () => {
    await open();
    const before = fake.calls.length;
    await palette();
    await type("batches/unknown-1");
    await waitFor(() => expect(screen.getByTestId("palette-count").textContent).toContain("nothing kept"));
    const asked = new Set(fake.calls.slice(before));
    for (const outside of ["jobOpen", "jobsRefresh", "webhooksRefresh", "webhooks", "job"] as const)
      expect(asked.has(outside)).toBe(false);
  });
});

it("axe finds nothing in it", async () => {
  await open();
  await palette();
  for (const text of ["", "re", "zzqq", fake.rows[3]?.message_id ?? ""]) {
    await type(text);
    const { violations } = await axe.run(screen.getByTestId("palette"), {
      rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
    });
    expect(violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`)).toEqual([]);
  }
}, 30_000);
