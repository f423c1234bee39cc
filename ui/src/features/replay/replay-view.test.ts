import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { clean, click, DEV, first, gone, key, ORDERS, type, windowed } from "./test-window";

const rig = windowed();

describe("r", () => {
  it("sends at once, and the answer is told and listed where one looks", async () => {
    await rig.open();
    await first();
    const badge = () => Number(/\d+/.exec(screen.getByTestId("tab-replays").textContent ?? "")?.[0] ?? 0);
    await waitFor(() => expect(badge()).toBeGreaterThan(0));
    const before = badge();
    await key("6");
    await key("r");
    const toast = await screen.findByTestId("toast");
    expect(toast.textContent).toMatch(/dev server answered \d+ after/);
    await waitFor(() => expect(screen.getAllByTestId("sent")).toHaveLength(before + 1));
    expect(screen.getAllByTestId("sent")[0]?.textContent).toContain("as received");
    expect(badge()).toBe(before + 1);
    await fireEvent.click(screen.getAllByTestId("sent-toggle")[0] as HTMLElement);
    await screen.findByTestId("answer-line");
  });

  it("without a target asks for the address, says what is wrong with it, and goes on", async () => {
    await rig.open("none");
    await first();
    await key("r");
    const input = await screen.findByTestId<HTMLInputElement>("address-input");
    expect(input.value).toBe("http://localhost:3000/");
    await type("address-input", "ftp://x");
    await click("address-go");
    await waitFor(() => expect(input.getAttribute("aria-invalid")).toBe("true"));
    expect(rig.fake.sent).toEqual([]);
    await type("address-input", "3000/hooks");
    await type("address-input", "localhost:3000/hooks");
    await click("address-go");
    await gone("address-dialog");
    await waitFor(() => expect(rig.fake.sent.map((one) => one.outbound.url)).toEqual(["http://localhost:3000/hooks"]));
  });

  it("asks before anything leaves this machine, by host; Cancel sends nothing", async () => {
    await rig.open("none");
    await first();
    await key("r");
    await type("address-input", "http://hooks.example.com/x");
    await click("address-go");
    const dialog = await screen.findByTestId("leave-dialog");
    expect(dialog.textContent).toContain("hooks.example.com");
    expect(dialog.textContent).toContain("anyone on the way can read");
    await clean();
    await click("leave-no");
    await gone("leave-dialog");
    expect(rig.fake.sent).toEqual([]);
    await key("r");
    await click("leave-yes");
    await waitFor(() => expect(rig.fake.sent).toHaveLength(1));
  });
});

describe("targets", () => {
  it("several may be ticked; a replay goes to all of them", async () => {
    await rig.open();
    await first();
    await fireEvent.keyDown(screen.getByTestId("target-menu"), { key: "Enter" });
    const options = await screen.findAllByTestId("target-option");
    expect(options.map((one) => [one.dataset.url, one.getAttribute("aria-checked")])).toEqual([
      [DEV, "true"],
      [ORDERS, "false"],
    ]);
    await fireEvent.click(options[1] as HTMLElement);
    await waitFor(() => expect(rig.app.replay.targets.current(1)).toEqual([DEV, ORDERS]));
    await clean();
    const before = rig.fake.sent.length;
    await rig.app.replay.now();
    const card = await screen.findByTestId("run-card");
    await waitFor(() => expect(card.dataset.state).toBe("done"));
    expect(rig.fake.sent.slice(before).map((one) => one.outbound.url)).toEqual([DEV, ORDERS]);
  });

  it("are named, warned of, deleted, and brought back", async () => {
    await rig.open();
    rig.app.replay.targets.managing = true;
    await click("target-new");
    await type("target-name", "local TLS");
    await type("target-url", "localhost:3443");
    expect(screen.getByTestId<HTMLInputElement>("target-any").disabled).toBe(true);
    await type("target-url", "https://localhost:3443");
    await fireEvent.click(screen.getByTestId("target-any"));
    expect(screen.getByTestId("target-form").textContent).toContain("Whoever answers as localhost:3443");
    await clean();
    await click("target-save");
    await waitFor(() => expect(screen.getAllByTestId("target-row")).toHaveLength(3));
    expect(rig.fake.targetList.find((one) => one.name === "local TLS")).toMatchObject({
      url: "https://localhost:3443/",
      any_certificate: true,
    });
    await fireEvent.click(within(screen.getAllByTestId("target-row")[2] as HTMLElement).getByTestId("target-delete"));
    await waitFor(() => expect(screen.getAllByTestId("target-row")).toHaveLength(2));
    await fireEvent.click(await screen.findByText("Undo"));
    await waitFor(() => expect(screen.getAllByTestId("target-row")).toHaveLength(3));
  });
});

describe("answers of Pollux that somebody else made", () => {
  it("are marked in the list and named in the detail", async () => {
    await rig.open(null, 20);
    const at = (id: number) =>
      screen
        .getAllByTestId("row")
        .find((one) => one.dataset.id === String(id))
        ?.querySelector(".c-answer")?.textContent;
    expect(at(18)).toMatch(/^By a rule of the fault lab:dropped · /);
    expect(at(19)).toMatch(/^By the target that deliveries are forwarded to:503 · /);
    expect(at(20)).toBe("…");
    await rig.app.navigation.reveal(18);
    await key("5");
    await waitFor(() =>
      expect(screen.getByTestId("answer-by").textContent).toBe(
        "By a rule of the fault lab: fail the first 2 attempts: 503",
      ),
    );
    expect(screen.getByTestId("answer-status").textContent).toContain("dropped");
    await rig.app.navigation.reveal(20);
    await waitFor(() => expect(screen.getByTestId("answer-status").textContent).toContain("Not answered yet."));
    expect(screen.queryByTestId("answer-by")).toBeNull();
  });
});
