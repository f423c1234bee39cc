import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import { click, open, type } from "./test-window";

const URL = "http://localhost:3000/webhooks/gemini";
const line = (id: string) => screen.getAllByTestId("check-line").find((one) => one.dataset.id === id) as HTMLElement;
afterEach(cleanup);

describe("the check", () => {
  it("says what it does, asks for what is missing, and runs", async () => {
    const { fake } = await open("check");
    expect(screen.getByTestId("check-first").textContent).toContain("About 150 requests");
    expect(screen.getByTestId<HTMLSelectElement>("check-secret").selectedOptions[0]?.textContent).toContain("whsec_…a91f");
    expect(screen.queryByTestId("check-jwks")).toBeNull();
    await click("check-scheme-jwt");
    expect(screen.getByTestId("check-jwks").textContent).toContain("http://127.0.0.1:40123/.well-known/jwks.json?dynamic=jwt");
    await click("check-start");
    expect(screen.getByTestId("check-url").getAttribute("aria-invalid")).toBe("true");
    expect(fake.calls).not.toContain("checkStart");
    await type("check-url", "localhost:3000");
    await click("check-start");
    await waitFor(() => expect(screen.getByTestId("check-report").dataset.progress).toBe("done"));
    expect(screen.getByTestId("check-summary").textContent).toBe("2 of 38 wrong: Six minutes old; A type that nobody knows");
  });

  it("wrong lines are unfolded, the filters narrow, a name leads to its line, and an open line takes an answer", async () => {
    const { app } = await open("check", ["none", "done"]);
    await screen.findByTestId("check-report");
    expect(within(line("v1_stale")).getByText(/Compare webhook-timestamp/)).toBeTruthy();
    expect(within(line("v1_future")).queryByText(/Compare webhook-timestamp/)).toBeNull();
    await click("check-filter-open");
    expect(screen.getAllByTestId("check-line").map((one) => one.dataset.id)).toEqual(["duplicate_handled_once"]);
    await fireEvent.click(within(line("duplicate_handled_once")).getAllByRole("button")[0] as HTMLElement);
    await click("check-say-twice");
    expect(line("duplicate_handled_once").dataset.state).toBe("failed");
    expect(screen.getByTestId("check-summary").textContent).toContain("3 of 38 wrong");
    expect(screen.getByTestId("check-say-twice").getAttribute("aria-pressed")).toBe("true");
    await click("check-say-once");
    expect(line("duplicate_handled_once").dataset.state).toBe("passed");
    await click("check-filter-failed");
    expect(screen.getAllByTestId("check-line")).toHaveLength(2);
    await fireEvent.click(screen.getAllByTestId("check-named")[1] as HTMLElement);
    await waitFor(() => expect(document.activeElement?.closest<HTMLElement>("[data-testid=check-line]")?.dataset.id).toBe("unknown_type"));
    expect(app.handler.check.filter).toBe("all");
    await click("check-export-json");
    await waitFor(() => expect(app.toasts.list[0]?.text).toMatch(/\.json$/));
  });

  it("where nobody answers there is one sentence, and no table", async () => {
    await open("check", ["none", "unreachable"]);
    await waitFor(() => expect(screen.getByTestId("check-report").dataset.progress).toBe("unreachable"));
    expect(screen.getByTestId("check-summary").textContent).toBe("Nobody answers there, so nothing can be said");
    expect(screen.queryAllByTestId("check-line")).toEqual([]);
  });

  it("is stopped, and one that is refused says so in the form", async () => {
    const { fake } = await open("check");
    fake.checkTakes = 60;
    await type("check-url", URL);
    await click("check-start");
    await screen.findByTestId("check-progress");
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("check-stop").disabled).toBe(false));
    await click("check-stop");
    await waitFor(() => expect(screen.getByTestId("check-report").dataset.progress).toBe("stopped"));
    fake.failures.set("checkStart", { code: "check_running", message: "A check runs already.", detail: null });
    await click("check-start");
    await waitFor(() => expect(screen.getByTestId("check-error").textContent).toContain("A check runs already."));
  });
});
