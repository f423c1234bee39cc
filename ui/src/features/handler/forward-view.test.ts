import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import { checked, clean, click, open, type } from "./test-window";

const URL = "http://localhost:3000/webhooks/gemini";
afterEach(cleanup);

describe("forwarding", () => {
  it("is set up, asks for what is missing at its field, and starts", async () => {
    const { fake } = await open("forward");
    expect(screen.getByTestId("forward-pill").dataset.state).toBe("off");
    await click("forward-set-up-1");
    await click("forward-start-1");
    expect(screen.getByTestId("forward-url-1").getAttribute("aria-invalid")).toBe("true");
    expect(fake.calls).not.toContain("forwardOffer");
    await type("forward-url-1", "localhost:3000/hooks");
    await fireEvent.change(screen.getByTestId("forward-resign-1"), { target: { value: "s1" } });
    await click("forward-answer-1-target");
    await type("forward-timeout-1", "nonsense");
    await click("forward-start-1");
    expect(screen.getByTestId("forward-timeout-1").getAttribute("aria-invalid")).toBe("true");
    await type("forward-timeout-1", "8 s");
    await click("forward-start-1");
    await waitFor(() => expect(screen.getByTestId("forward-pill").textContent).toContain("Forward localhost:3000"));
    expect(fake.state.forwards[0]?.rule).toEqual({
      project: 1,
      on: true,
      url: "http://localhost:3000/hooks",
      which: "verified",
      resign: "s1",
      concurrency: 4,
      answer: { kind: "target", timeout_ms: 8000 },
    });
    await waitFor(() => expect(screen.queryByTestId("forward-apply-1")).toBeNull());
    expect(screen.getByTestId<HTMLInputElement>("forward-url-1").value).toBe("http://localhost:3000/hooks");
  });

  it("the switch without an address stays off, and the field is there to be filled", async () => {
    await open("forward");
    await click("forward-switch-2");
    await waitFor(() => expect(screen.getByTestId("forward-url-2").getAttribute("aria-invalid")).toBe("true"));
    await waitFor(() =>
      expect([checked("forward-switch-2"), document.activeElement?.getAttribute("data-testid")]).toEqual([
        false,
        "forward-url-2",
      ]),
    );
  });

  it("asks what to do with what is there; put away, the switch is off again", async () => {
    const { fake } = await open("forward", ["off"]);
    fake.forwardOffers = { waiting: 3, last_hour: 41, last_day: 1165 };
    expect(screen.getByTestId("forward-head").textContent).toBe("Off");
    await click("forward-switch-1");
    const dialog = await screen.findByTestId("forward-start");
    expect(within(dialog).getAllByRole("radio")).toHaveLength(4);
    expect(checked("forward-start-waiting")).toBe(true);
    // The first button that submits is what Enter presses.
    expect(
      within(dialog)
        .getAllByRole<HTMLButtonElement>("button")
        .filter((one) => one.type === "submit")
        .map((one) => one.dataset.testid),
    ).toEqual(["forward-start-yes"]);
    await click("forward-start-no");
    await waitFor(() => expect(checked("forward-switch-1")).toBe(false));
    expect(fake.calls).not.toContain("forwardSet");
    await click("forward-switch-1");
    await screen.findByTestId("forward-start");
    await click("forward-start-day");
    expect(screen.getByTestId("forward-start-yes").textContent).toBe("Start and send 1,165");
    await click("forward-start-yes");
    await waitFor(() => expect(fake.state.forwards[0]).toMatchObject({ rule: { on: true }, waiting: 1165 }));
    await waitFor(() => expect(screen.getByTestId("forward-facts").textContent).toContain("1,165 accepted"));
  });

  it("an address elsewhere is asked about, by its name", async () => {
    const { fake } = await open("forward", ["off"]);
    fake.forwardOffers = { waiting: 0, last_hour: 0, last_day: 0 };
    await type("forward-url-1", "https://staging.example.com/x");
    await click("forward-start-1");
    const dialog = await screen.findByTestId("leaving-dialog");
    expect(dialog.textContent).toContain("https://staging.example.com/x");
    await clean();
    await click("leaving-yes");
    await waitFor(() =>
      expect(fake.state.forwards[0]?.rule).toMatchObject({ on: true, url: "https://staging.example.com/x" }),
    );
  });

  it("down: says why and when, is tried now, and what waits is dropped after a question", async () => {
    const { fake, app } = await open("forward", ["down"]);
    expect(screen.getByTestId("forward-pill").textContent).toMatch(/down, next attempt in \d\u00A0s · 2 waiting/);
    expect(screen.getByTestId("forward-status").textContent).toContain("nobody listens on localhost:3000");
    await click("forward-drop-1");
    await fireEvent.click(await screen.findByTestId("confirm-no"));
    expect(fake.calls).not.toContain("forwardDrop");
    await click("forward-drop-1");
    await fireEvent.click(await screen.findByTestId("confirm-yes"));
    await waitFor(() => expect(screen.queryByTestId("forward-drop-1")).toBeNull());
    expect(app.toasts.list[0]?.text).toContain("stay in the history");
    fake.downTargets.clear();
    await click("forward-drain-1");
    await waitFor(() => expect(screen.getByTestId("forward-pill").dataset.state).toBe("idle"));
  });

  it("a refusal stands beside its field, and no toast lies upon it", async () => {
    const { fake, app } = await open("forward", ["off"]);
    fake.failures.set("forwardSet", { code: "no_secret", message: "This secret has ended.", detail: null });
    await type("forward-concurrency-1", "8");
    await click("forward-save-1");
    expect(await screen.findByText("This secret has ended.")).toBeTruthy();
    fake.failures.set("forwardSet", { code: "history_busy", message: "Close the other program.", detail: null });
    await click("forward-save-1");
    await waitFor(() => expect(screen.getByTestId("forward-error").textContent).toContain("Close the other program."));
    expect(app.toasts.list).toEqual([]);
  });

  it("what is typed is not undone by what is told, and is applied while it runs", async () => {
    const { fake } = await open("forward", ["on"]);
    await type("forward-concurrency-1", "8");
    fake.tellForward(1, { waiting: 4, state: { state: "sending" } });
    await waitFor(() => expect(screen.getByTestId("forward-pill").textContent).toContain("4 waiting"));
    expect(screen.getByTestId<HTMLInputElement>("forward-concurrency-1").value).toBe("8");
    await click("forward-apply-1");
    await waitFor(() => expect(fake.state.forwards[0]?.rule).toMatchObject({ on: true, concurrency: 8 }));
    await waitFor(() => expect(screen.queryByTestId("forward-apply-1")).toBeNull());
  });

  it("remembered addresses are chosen by keys", async () => {
    const { app } = await open("forward");
    await click("forward-set-up-1");
    await waitFor(() => expect(app.replay.targets.list).toHaveLength(3));
    const field = screen.getByTestId("forward-url-1");
    await fireEvent.keyDown(field, { key: "ArrowDown" });
    expect(field.getAttribute("aria-expanded")).toBe("true");
    await fireEvent.keyDown(field, { key: "ArrowDown" });
    const active = document.getElementById(field.getAttribute("aria-activedescendant") ?? "");
    expect(active?.textContent).toBe(URL);
    await clean();
    await fireEvent.keyDown(field, { key: "Enter" });
    expect(screen.getByTestId<HTMLInputElement>("forward-url-1").value).toBe(URL);
    expect(field.getAttribute("aria-expanded")).toBe("false");
  });
});
