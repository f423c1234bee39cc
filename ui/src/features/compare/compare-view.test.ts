import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import type { CompareScene } from "../../fake/compare-planes";
import { row } from "../../fake/rows";
import { clean, click, DEV, gone, key, NOW, ORDERS, windowed } from "../replay/test-window";

const rig = windowed();

/** The window on an event of which attempt 3 was written again on the way. */
async function attempts(scene: CompareScene = "written"): Promise<void> {
  await rig.open();
  rig.fake.compareScene = scene;
  rig.fake.arrive(
    row(61, NOW, {
      outcome: "rejected",
      event_type: "batch.failed",
      reason: "no_matching_signature",
      cause: "re-serialised",
      message_id: "msg_5f0c1b2a9d3e4f60e21a",
      status: 401,
      attempt: 3,
      attempts: 3,
    }),
  );
  await waitFor(() => expect(document.querySelector("[data-testid=row][data-id='61']")).not.toBeNull());
  await key("j");
  await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("61"));
}

const code = () => screen.getByTestId("compare").dataset.code;
const open = async (scene?: CompareScene) => {
  await attempts(scene);
  await key("d");
  await waitFor(() => expect(code()).toBeDefined());
};
const kinds = (plane: string) => screen.queryAllByTestId(`${plane}-row`).map((one) => one.dataset.kind);

describe("a comparison", () => {
  it("opens with d, says what follows, and shows the three planes", async () => {
    await open();
    expect(code()).toBe("rewritten_b");
    expect(screen.getByTestId("compare-finding").textContent).toContain("These do not, from byte 126 on.");
    expect(screen.getByTestId("compare-proxy").textContent).toContain("via: 1.1 edge-2");
    expect(screen.getByTestId("side-a").textContent).toContain("Attempt 2");
    expect(screen.getByTestId("side-b").textContent).toContain("Attempt 3");
    expect(kinds("meaning")).toEqual(["rewritten", "removed", "added"]);
    expect(kinds("transport")).toEqual(["changed", "added"]);
    expect(screen.getByTestId("hex-a").querySelector(".first")?.textContent).toBe("2e");
    expect(screen.getByTestId("plane-bytes").textContent).toContain("timestamp 290\u00A0s later, as it should be");
    expect(screen.getByTestId("rail-deliveries").getAttribute("aria-current")).toBe("page");
    await clean();
  });

  it("is gone through with j and k, swapped with s, and left with Escape", async () => {
    await open();
    const at = () => screen.getByTestId("difference-at").textContent;
    expect(at()).toBe("5 to go through");
    await key("j");
    await key("j");
    expect(at()).toBe("Difference 2 of 5");
    expect(document.querySelector("[aria-current=true][data-testid=meaning-row]")?.getAttribute("data-at")).toBe(
      "meaning-1",
    );
    for (let i = 0; i < 6; i++) await key("j");
    expect(at()).toBe("Difference 5 of 5");
    await key("k");
    expect(at()).toBe("Difference 4 of 5");
    await key("s");
    await waitFor(() => expect(screen.getByTestId("side-a").textContent).toContain("Attempt 3"));
    expect(at()).toBe("5 to go through");
    await key("Escape");
    await waitFor(() => expect(screen.queryByTestId("compare")).toBeNull());
    expect(screen.getByTestId("detail").dataset.id).toBe("61");
  });

  it("goes on to the other attempts with the brackets, and by the list on a side", async () => {
    await open();
    await key("[");
    await waitFor(() => expect(screen.getByTestId("side-b").textContent).toContain("Attempt 1"));
    await key("]");
    await waitFor(() => expect(screen.getByTestId("side-b").textContent).toContain("Attempt 3"));
    const choose = screen.getByTestId("choose-a");
    expect(within(choose).getAllByRole("option")).toHaveLength(3);
    await fireEvent.change(choose, { target: { value: "0" } });
    await waitFor(() => expect(screen.getByTestId("side-a").textContent).toContain("Attempt 1"));
  });

  it("folds what is the same, counted, and unfolds it with x", async () => {
    await open();
    expect(screen.getByTestId("difference-words").textContent).toContain("17 equal hidden");
    expect(screen.getByTestId("fold-each").textContent).toContain("4 differ for each delivery, as they should");
    expect(screen.queryAllByTestId("same-row")).toHaveLength(0);
    await key("x");
    expect(kinds("same")).toHaveLength(5);
    expect(kinds("folded")).toHaveLength(9);
    await key("x");
    await click("fold-equal");
    expect(kinds("same")).toHaveLength(5);
    expect(kinds("folded")).toHaveLength(0);
  });

  it("is copied as JSON", async () => {
    await open();
    await key("c");
    await waitFor(() => expect(rig.fake.copied).toHaveLength(1));
    expect(JSON.parse(rig.fake.copied[0] ?? "")).toMatchObject({
      relation: "attempts",
      finding: { code: "rewritten_b" },
    });
  });

  it("of other bodies says what could be compared", async () => {
    await open("text");
    expect(screen.getByTestId("lines").textContent).toContain("only in A: ");
    expect(screen.getByTestId("meaning-note").textContent).toBe("B's body is not JSON.");
    rig.fake.compareScene = "cut";
    await rig.app.compare.retry();
    await waitFor(() => expect(code()).toBe("equal_as_kept"));
    expect(screen.getByTestId("plane-bytes").textContent).toContain("the rest was not kept");
    rig.fake.compareScene = "many";
    await rig.app.compare.retry();
    await waitFor(() => expect(screen.getAllByTestId("meaning-row")).toHaveLength(1000));
    rig.fake.compareScene = "same";
    await rig.app.compare.retry();
    await waitFor(() => expect(code()).toBe("same_bytes"));
    expect(screen.queryByTestId("difference-at")).toBeNull();
    expect(screen.queryByTestId("hex-a")).toBeNull();
  });

  it("of hostile values is text, and what cannot be seen is marked", async () => {
    await open("hostile");
    const plane = screen.getByTestId("plane-meaning");
    expect(plane.querySelector("img")).toBeNull();
    expect(plane.textContent).toContain("<img src=x>");
    expect(plane.querySelector(".hidden-mark")?.textContent).toBe("U+202E");
    expect(plane.textContent).toContain("… 4,001,961 bytes");
    await clean();
  });
});

describe("the ways to a comparison", () => {
  it("two marked deliveries, with the others behind the brackets", async () => {
    await rig.open();
    await key("j");
    for (let i = 0; i < 3; i++) {
      await key("x");
      await key("j");
    }
    await waitFor(() => expect(screen.getByTestId("selection-count").textContent).toContain("3 marked"));
    await click("selection-compare");
    await waitFor(() => expect(code()).toBeDefined());
    expect(screen.getByTestId("way-marked").getAttribute("aria-pressed")).toBe("true");
    expect(rig.app.compare.a).toEqual({ delivery: 58 });
    await key("]");
    await waitFor(() => expect(rig.app.compare.b).toEqual({ delivery: 60 }));
  });

  it("the warning on the detail, that was not asked for", async () => {
    await attempts();
    expect(screen.getByTestId("bytes-differ").textContent).toContain("Bytes differ from attempt 1.");
    await click("compare-attempts");
    await waitFor(() => expect(code()).toBe("rewritten_b"));
    expect(screen.getByTestId("side-a").textContent).toContain("Attempt 1");
  });

  it("the last verified of its type, where there is no attempt before it; and a word where there is neither", async () => {
    await rig.open();
    const lonely = { event_type: "a.type.of.its.own", message_id: "msg_lonely" };
    rig.fake.arrive(row(61, NOW, { outcome: "rejected", ...lonely }));
    await waitFor(() => expect(rig.app.deliveries.matched).toBe(61));
    await rig.app.compare.open({ id: 61 });
    expect(rig.app.screen.view).toBe("deliveries");
    expect(rig.app.toasts.list.map((one) => one.text).join()).toContain("nothing to compare it with");
    rig.fake.arrive(row(62, NOW, { outcome: "verified", ...lonely, message_id: "msg_other" }));
    await rig.app.compare.open({ id: 61 });
    await waitFor(() => expect(screen.getByTestId("way-verified").getAttribute("aria-pressed")).toBe("true"));
    expect(rig.app.compare.a).toEqual({ delivery: 62 });
  });

  it("two answers of a replay, from its results and from the delivery", async () => {
    await rig.open("many");
    const plan = {
      targets: [DEV, ORDERS],
      changes: {
        headers: null,
        body: { kind: "received" as const },
        fill: false,
        id: "keep" as const,
        time: { kind: "received" as const },
        sign: { kind: "leave" as const },
        twist: null,
      },
      times: 1,
      delay_ms: 0,
      concurrency: 2,
    };
    rig.fake.rows.push(row(61, NOW, { outcome: "verified" }));
    await rig.app.replay.start({ ...plan, deliveries: [61] });
    await click("run-results");
    await click("results-compare");
    await waitFor(() => expect(code()).toBeDefined());
    await gone("results-dialog");
    expect(screen.getByTestId("way-answers").getAttribute("aria-pressed")).toBe("true");
    expect(screen.getByTestId("plane-bytes").textContent).toContain("body of the answer");
    await clean();
    await key("Escape");
    await rig.app.navigation.reveal(61);
    await click("tab-replays");
    await click("compare-answers");
    await waitFor(() => expect(rig.app.compare.a).toEqual({ outbound: expect.any(Number) as number }));
    await waitFor(() => expect(screen.getByTestId("side-b").textContent).toContain("No. "));
  });

  it("what fails is said, and tried again", async () => {
    await attempts();
    rig.fake.failures.set("compare", { code: "not_found", message: "This delivery is no longer there.", detail: null });
    await key("d");
    expect((await screen.findByTestId("compare-error")).textContent).toContain("This delivery is no longer there.");
    rig.fake.failures.clear();
    await fireEvent.click(screen.getByText("Try again"));
    await waitFor(() => expect(code()).toBe("rewritten_b"));
  });
});
