import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import { clean, click, open, type } from "./test-window";

const URL = "http://localhost:3000/webhooks/gemini";
const line = (id: string) => screen.getAllByTestId("check-line").find((one) => one.dataset.id === id) as HTMLElement;
afterEach(cleanup);

describe("the check", () => {
  it("says what it does, asks for what is missing, and runs", async () => {
    const { fake } = await open("check");
    expect(screen.getByTestId("check-first").textContent).toContain("About 150 requests");
    expect(screen.getByTestId<HTMLSelectElement>("check-secret").selectedOptions[0]?.textContent).toContain(
      "whsec_…a91f",
    );
    expect(screen.queryByTestId("check-jwks")).toBeNull();
    await click("check-scheme-jwt");
    expect(screen.getByTestId("check-jwks").textContent).toContain(
      "http://127.0.0.1:40123/.well-known/jwks.json?dynamic=jwt",
    );
    await click("check-start");
    expect(screen.getByTestId("check-url").getAttribute("aria-invalid")).toBe("true");
    expect(fake.calls).not.toContain("checkStart");
    await type("check-url", "localhost:3000");
    await click("check-start");
    await waitFor(() => expect(screen.getByTestId("check-report").dataset.progress).toBe("done"));
    expect(screen.getByTestId("check-summary").textContent).toBe(
      "2 of 38 failed: Six minutes old; A type that nobody knows",
    );
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
    expect(screen.getByTestId("check-summary").textContent).toContain("3 of 38 failed");
    expect(screen.getByTestId("check-say-twice").getAttribute("aria-pressed")).toBe("true");
    await click("check-say-once");
    expect(line("duplicate_handled_once").dataset.state).toBe("passed");
    await click("check-filter-failed");
    expect(screen.getAllByTestId("check-line")).toHaveLength(2);
    await fireEvent.click(screen.getAllByTestId("check-named")[1] as HTMLElement);
    await waitFor(() =>
      expect(document.activeElement?.closest<HTMLElement>("[data-testid=check-line]")?.dataset.id).toBe("unknown_type"),
    );
    expect(app.handler.check.filter).toBe("all");
    await click("check-export-json");
    await waitFor(() => expect(app.toasts.list[0]?.text).toMatch(/\.json$/));
  });

  it("one cause stands on top with its advice, and what follows from it is skipped, says so and leads there", async () => {
    const { app } = await open("check", ["none", "crashes"]);
    await screen.findByTestId("check-report");
    expect(screen.getByTestId("check-summary").textContent).toBe("1 of 1 failed: Signed with v1");
    const cause = screen.getByTestId("check-cause");
    expect(cause.textContent).toContain("answers 500 to everything, also to a plain good delivery");
    expect(cause.textContent).toContain("in your handler's log");
    expect(cause.textContent).not.toContain("secret");
    expect(cause.textContent).toContain("37 cases that follow from it were skipped");
    const skipped = line("v1_wrong_secret");
    expect(skipped.dataset.state).toBe("skipped");
    expect(skipped.textContent).toContain("follows from “Signed with v1”");
    await fireEvent.click(within(skipped).getAllByRole("button")[0] as HTMLElement);
    // Its own advice is about something else than the cause.
    expect(skipped.textContent).not.toContain("Let a library verify");
    await fireEvent.click(within(skipped).getByTestId("check-see-cause"));
    await waitFor(() =>
      expect(document.activeElement?.closest<HTMLElement>("[data-testid=check-line]")?.dataset.id).toBe("v1_valid"),
    );
    app.handler.check.filter = "failed";
    await click("check-cause-line");
    expect(app.handler.check.filter).toBe("all");
    await clean();
  });

  it("a delivery that ended the handler is named, and what came before it keeps its verdict", async () => {
    await open("check", ["none", "ends"]);
    await screen.findByTestId("check-report");
    expect(screen.getByTestId("check-cause").dataset.line).toBe("jwt_alg_none");
    expect(line("v1_valid").dataset.state).toBe("passed");
    expect(line("v1_stale").dataset.state).toBe("skipped");
  });

  it("where nobody answers there is one sentence, and no table", async () => {
    await open("check", ["none", "unreachable"]);
    await waitFor(() => expect(screen.getByTestId("check-report").dataset.progress).toBe("unreachable"));
    expect(screen.getByTestId("check-summary").textContent).toBe("Nobody answers there, so there is no result");
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
