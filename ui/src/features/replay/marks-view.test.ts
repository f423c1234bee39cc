import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { clean, click, first, gone, key, type, windowed } from "./test-window";

const rig = windowed();
const marked = () =>
  screen
    .getAllByTestId("row")
    .filter((one) => one.getAttribute("aria-selected") === "true")
    .map((one) => Number(one.dataset.id));

describe("marking", () => {
  it("by keys: x, Shift and the arrows, all, Esc; what is chosen stays what it was", async () => {
    await rig.open();
    const grid = screen.getByRole("grid");
    expect(grid.getAttribute("aria-multiselectable")).toBe("true");
    await first();
    expect(marked()).toEqual([60]);
    await key("x");
    await key("J", { shiftKey: true });
    await waitFor(() => expect(marked()).toEqual([60, 59]));
    await key("ArrowDown", { shiftKey: true });
    await waitFor(() => expect(marked()).toEqual([60, 59, 58]));
    await key("ArrowUp", { shiftKey: true });
    await waitFor(() => expect(marked()).toEqual([60, 59]));
    expect(screen.getAllByTestId("row").find((one) => one.getAttribute("aria-current"))?.dataset.id).toBe("59");
    expect(screen.getByTestId("selection-count").textContent).toBe("2 marked");
    await clean();
    await key("j");
    await key(" ");
    await waitFor(() => expect(marked()).toEqual([60, 59, 58]));
    await key("a", { ctrlKey: true });
    await waitFor(() => expect(screen.getByTestId("selection-count").textContent).toBe("60 marked"));
    await key("Escape");
    await gone("selection-bar");
    expect(marked()).toEqual([58]);
  });

  it("by pointer: Ctrl, Shift and the box mark, a plain click only chooses", async () => {
    await rig.open();
    const rows = () => screen.getAllByTestId("row");
    await fireEvent.click(rows()[1] as HTMLElement, { ctrlKey: true });
    await fireEvent.click(rows()[4] as HTMLElement, { metaKey: true });
    expect(marked()).toEqual([59, 56]);
    await fireEvent.click(rows()[6] as HTMLElement, { shiftKey: true });
    await waitFor(() => expect(marked()).toEqual([59, 56, 55, 54]));
    await fireEvent.click(rows()[0]?.querySelector(".box-mark") as HTMLElement);
    expect(marked()).toEqual([60, 59, 56, 55, 54]);
    await fireEvent.click(rows()[2] as HTMLElement);
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("58"));
    expect(marked()).toEqual([60, 59, 56, 55, 54]);
  });

  it("Replay… opens what can be said of all of them; they are sent oldest first, and counted by target", async () => {
    await rig.open();
    await first();
    await key("x");
    await key("J", { shiftKey: true });
    await waitFor(() => expect(marked()).toHaveLength(2));
    await click("selection-edit");
    const dialog = await screen.findByTestId("replay-editor");
    expect(dialog.textContent).toContain("Replay 2 deliveries");
    expect(screen.queryByTestId("header-line")).toBeNull();
    await type("times", "2");
    await waitFor(() => expect(screen.getByTestId("editor-send").textContent).toBe("Send 4"));
    await clean();
    const before = rig.fake.sent.length;
    await click("editor-send");
    await gone("replay-editor");
    const card = await screen.findByTestId("run-card");
    await waitFor(() => expect(card.dataset.state).toBe("done"));
    expect(rig.fake.sent.slice(before).map((one) => one.outbound.delivery)).toEqual([59, 59, 60, 60]);
    expect(within(card).getByTestId("run-target").textContent).toMatch(/×\d/);
    await clean();
    await click("run-dismiss");
    await gone("run-card");
  });
});
