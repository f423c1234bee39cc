import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import { checked, click, open, type } from "./test-window";

afterEach(cleanup);

describe("the fault lab", () => {
  it("a preset is a draft that is off until it is saved; its pill is loud, and one press ends it", async () => {
    const { fake } = await open("faults");
    screen.getByTestId("fault-none");
    await click("fault-preset-first_two");
    await type("fault-type", "batch.succeeded");
    expect(screen.getByTestId("fault-preview").textContent).toBe(
      "For batch.succeeded: the first 2 attempts of each event get 503, then the usual answer.",
    );
    expect([screen.queryByTestId("fault-pill"), fake.calls.includes("faultLabSet")]).toEqual([null, false]);
    await click("fault-save");
    const pill = await screen.findByTestId("fault-pill");
    expect(pill.textContent).toContain("Fault lab: 1 rule on");
    expect(screen.getByTestId("fault-card").dataset.on).toBe("true");
    screen.getByTestId("fault-pill-off").focus();
    await click("fault-pill-off");
    await waitFor(() => expect(screen.queryByTestId("fault-pill")).toBeNull());
    expect(fake.state.fault_lab.rules.map((rule) => rule.on)).toEqual([false]);
    expect(checked("fault-switch")).toBe(false);
    await waitFor(() => expect(document.activeElement).not.toBe(document.body));
  });

  it("what cannot be read is said at its field, and nothing is saved", async () => {
    const { fake } = await open("faults");
    await click("fault-new");
    await type("fault-status", "99");
    await click("fault-save-off");
    expect(screen.getByTestId("fault-status").getAttribute("aria-invalid")).toBe("true");
    expect(fake.calls).not.toContain("faultLabSet");
    await type("fault-status", "503");
    await click("fault-drop-before");
    expect(screen.getByTestId<HTMLInputElement>("fault-status").disabled).toBe(true);
    await click("fault-save-off");
    await waitFor(() =>
      expect(fake.state.fault_lab.rules).toMatchObject([{ on: false, status: null, drop: "before" }]),
    );
    await waitFor(() => expect(document.activeElement?.getAttribute("data-testid")).toBe("fault-new"));
  });

  it("rules change their places by keys, the focus goes with them, and it is said", async () => {
    const { fake } = await open("faults", ["none", null, "on"]);
    const order = () => screen.getAllByTestId("fault-card").map((one) => one.dataset.id);
    const edit = (id: string) =>
      within(screen.getAllByTestId("fault-card").find((one) => one.dataset.id === id) as HTMLElement).getByTestId(
        "fault-edit",
      );
    edit("f101").focus();
    await fireEvent.keyDown(edit("f101"), { key: "ArrowDown", altKey: true });
    await waitFor(() => expect(order()).toEqual(["f102", "f101", "f103"]));
    await waitFor(() => expect(document.activeElement).toBe(edit("f101")));
    expect(screen.getByText("Rule moved to place 2 of 3.")).toBeTruthy();
    expect(fake.state.fault_lab.rules.map((rule) => rule.id)).toEqual(["f102", "f101", "f103"]);
  });

  it("is edited in its place, deleted, and brought back", async () => {
    await open("faults", ["none", null, "on"]);
    expect(screen.getAllByTestId("fault-answers")[0]?.textContent).toBe("made 14 answers");
    await fireEvent.click(screen.getAllByTestId("fault-edit")[0] as HTMLElement);
    await type("fault-delay", "5 s");
    await click("fault-save");
    await waitFor(() => expect(screen.getAllByTestId("fault-sentence")[0]?.textContent).toContain("after 5\u00A0s"));
    await waitFor(() => expect(document.activeElement).toBe(screen.getAllByTestId("fault-edit")[0]));
    await fireEvent.click(screen.getAllByTestId("fault-delete")[0] as HTMLElement);
    await waitFor(() => expect(screen.getAllByTestId("fault-card")).toHaveLength(2));
    await fireEvent.click(await screen.findByText("Undo"));
    await waitFor(() => expect(screen.getAllByTestId("fault-card")[0]?.dataset.id).toBe("f101"));
  });

  it("Escape puts a form away that was not touched, and keeps one that was", async () => {
    await open("faults", ["none", null, "on"]);
    await fireEvent.click(screen.getAllByTestId("fault-edit")[0] as HTMLElement);
    await type("fault-delay", "5 s");
    await fireEvent.keyDown(screen.getByTestId("fault-delay"), { key: "Escape" });
    screen.getByTestId("fault-form");
    await type("fault-delay", "2 s");
    await fireEvent.keyDown(screen.getByTestId("fault-delay"), { key: "Escape" });
    await waitFor(() => expect(screen.queryByTestId("fault-form")).toBeNull());
  });
});
