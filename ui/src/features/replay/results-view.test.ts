import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { row } from "../../fake/rows";
import { clean, click, DEV, first, NOW, ORDERS, windowed } from "./test-window";

const rig = windowed();

describe("results", () => {
  it("stand side by side, with signs for what differs, and redirects that nobody followed", async () => {
    await rig.open("many");
    rig.fake.rows.push(row(61, NOW, { outcome: "verified" }));
    await rig.app.replay.start({
      deliveries: [61],
      targets: [DEV, ORDERS, "http://localhost:3000/redirect", "http://localhost:3999/"],
      changes: {
        headers: null,
        body: { kind: "received" },
        fill: false,
        id: "keep",
        time: { kind: "received" },
        sign: { kind: "leave" },
        twist: null,
      },
      times: 1,
      delay_ms: 0,
      concurrency: 4,
    });
    await click("run-results");
    const dialog = await screen.findByTestId("results-dialog");
    await waitFor(() => expect(within(dialog).getAllByTestId("answer-line")).toHaveLength(4));
    expect(
      within(dialog)
        .getAllByTestId("result-row")
        .map((one) => one.dataset.status),
    ).toEqual(["200", "200", "302", "none"]);
    const [diff] = await within(dialog).findAllByTestId("diff");
    expect(diff?.dataset.same).toBe("false");
    expect(diff?.querySelector(".other .sign")?.textContent).toBe("+");
    expect(diff?.querySelector(".first .sign")?.textContent).toBe("−");
    expect(diff?.textContent).toContain("only here: server: orders/2.1");
    expect(within(dialog).getByTestId("redirect").textContent).toBe(
      "302 to https://elsewhere.example.com/login?next=%2Fhooks, not followed",
    );
    // One that never answered is compared with nothing.
    expect(within(dialog).getAllByTestId("diff")).toHaveLength(2);
    await clean();
    await fireEvent.click(within(dialog).getAllByTestId("result-pick")[0] as HTMLElement);
    await waitFor(() => expect(within(dialog).getAllByTestId("answer-column")).toHaveLength(3));
  });

  it("hostile answers are text, and what cannot be seen is marked", async () => {
    await rig.open("many");
    await first();
    await rig.app.replay.start({
      deliveries: [60],
      targets: ["http://localhost:3000/hostile"],
      changes: {
        headers: null,
        body: { kind: "received" },
        fill: false,
        id: "keep",
        time: { kind: "received" },
        sign: { kind: "leave" },
        twist: null,
      },
      times: 1,
      delay_ms: 0,
      concurrency: 1,
    });
    await fireEvent.click(await screen.findByText("Show"));
    await waitFor(() => expect(screen.getByTestId("raw-body").textContent).toContain("<img src=x onerror=alert(1)>"));
    const panel = screen.getByRole("tabpanel");
    expect(panel.querySelector("img")).toBeNull();
    expect(panel.textContent).toContain("U+202E");
    expect(panel.textContent).not.toContain("\u202E");
    await clean();
  });
});
