import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { row } from "../../fake/rows";
import type { DiskShortage } from "../../ipc/generated";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
const DISK: DiskShortage = {
  free: 843_055_104,
  reserve: 1_073_741_824,
  folder: "/home/ada/.local/share/dev.pollux.inspector",
};
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
});
afterEach(cleanup);

async function open(): Promise<HTMLElement> {
  app = new App(fake);
  const { container } = render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  return container;
}

it("a disk that is nearly full is an alarm that says what to do, and goes by itself", async () => {
  const container = await open();
  expect(screen.queryByTestId("disk-full")).toBeNull();
  fake.tell({ kind: "disk", disk: DISK });
  const alarm = await screen.findByTestId("disk-full");
  expect(screen.getByRole("alert").textContent).toContain("new deliveries are not stored");
  expect(alarm.textContent).toContain("804\u00A0MiB free; Pollux needs 1\u00A0GiB");
  expect(alarm.textContent).toContain("Free some space");
  expect(alarm.textContent).toContain("POLLUX_DATA_DIR");
  const { violations } = await axe.run(container, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations).toEqual([]);
  fake.tell({ kind: "disk", disk: { ...DISK, free: 0 } });
  await waitFor(() => expect(screen.getByTestId("disk-full").textContent).toContain("0\u00A0B free"));
  fake.tell({ kind: "disk", disk: null });
  await waitFor(() => expect(screen.queryByTestId("disk-full")).toBeNull());
});

it("it leads to the limits of the history", async () => {
  fake.state.disk = DISK;
  await open();
  await fireEvent.click(await screen.findByTestId("disk-limits"));
  await screen.findByTestId("keep-size");
});

it("it is there from the start where the disk was full before", async () => {
  fake.state.disk = DISK;
  await open();
  await screen.findByTestId("disk-full");
});

it("a body of which a part is kept says how much, why, and its digest", async () => {
  fake.rows = [
    row(1, Date.now(), {
      outcome: "rejected",
      reason: "no_matching_signature",
      cause: "no match",
      status: 401,
      warnings: 1,
      body_len: 1_048_576,
      truncated: true,
    }),
  ];
  await open();
  await app.navigation.reveal(1);
  app.detail.tab = "body";
  const note = await screen.findByTestId("body-part");
  expect(note.textContent).toContain(
    "Only the beginning of a rejected body is kept. Pollux kept the first 65,536 of 1,048,576 bytes.",
  );
  const replay = screen.getByTestId<HTMLButtonElement>("replay");
  expect(replay.disabled).toBe(true);
  expect(replay.title).toContain("Only part of the body was kept");
  const digest = screen.getByTestId("body-sha256").textContent;
  await fireEvent.click(screen.getByRole("button", { name: "Copy the SHA-256" }));
  expect(fake.copied).toEqual([digest]);
});
