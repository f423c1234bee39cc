import { screen, waitFor } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { clean, click, key, NOW, windowed } from "../replay/test-window";
import { row } from "../../fake/rows";

const rig = windowed();
const toast = (text: string) =>
  waitFor(() => expect(screen.getAllByTestId("toast").some((one) => one.textContent?.includes(text))).toBe(true));
const outcomes = () => screen.getAllByTestId("row").map((one) => one.dataset.outcome);

/** Only these deliveries, the newest last; the newest one is open. */
async function open(...shapes: Parameters<typeof row>[2][]): Promise<void> {
  await rig.open("few", 1);
  rig.fake.rows = shapes.map((shape, i) => row(i + 1, NOW - 1000 + i, shape));
  await rig.app.deliveries.open();
  await key("j");
  await screen.findByTestId("verdict-sentence");
}

const unchecked = { outcome: "unchecked", reason: "no_secret", cause: "no secret" } as const;

describe("a delivery that no key has verified", () => {
  it("leads to the secrets with its project chosen, and is verified when the secret is there", async () => {
    await open({ ...unchecked, project: 2 });
    await clean();
    await click("card-add-secret");
    const select = await screen.findByTestId<HTMLSelectElement>("secret-project");
    expect(select.value).toBe("2");
    const input = screen.getByTestId<HTMLInputElement>("secret-input");
    expect(document.activeElement).toBe(input);
    expect(await rig.app.secrets.add(2, "", "whsec_a91f")).toBeNull();
    await toast("1 is now verified.");
    await click("rail-deliveries");
    await waitFor(() => expect(outcomes()).toEqual(["verified"]));
    expect((await screen.findByTestId("judged-later")).textContent).toMatch(
      /^Verified later, at \d\d:\d\d, with …a91f\. The answer is the one it got on arrival\.$/,
    );
    expect(screen.queryByTestId("verify-again")).toBeNull();
  });

  it("asks for no secret where none can help", async () => {
    await open({ ...unchecked, message_id: null });
    expect(screen.getByTestId("verdict-sentence").textContent).toContain("no key could verify it");
    expect(screen.queryByTestId("card-add-secret")).toBeNull();
    await key("v");
    await toast("Checked again: no key verifies it.");
  });

  it("is verified again by v, and so are all that are marked", async () => {
    await open(
      unchecked,
      { outcome: "rejected", reason: "no_matching_signature", cause: "no match", truncated: true, status: 413 },
      unchecked,
      unchecked,
    );
    await key("v");
    await toast("1 is now verified.");
    expect(outcomes()).toEqual(["verified", "unchecked", "rejected", "unchecked"]);
    await key("a", { ctrlKey: true });
    await click("selection-verify");
    await toast("2 are now verified. 1 could not be checked again: only part of its body was kept.");
    expect(rig.fake.calls.filter((call) => call === "verifyAgain")).toHaveLength(2);
  });

  it("says how far a run in the background is", async () => {
    await open(unchecked);
    const sum = { looked: 1200, verified: 1000, rejected: 0, partial: 0, skipped: 0 };
    rig.fake.tell({ kind: "verify_again", run: { project: 1, of: 5000, done: false, given: false, sum } });
    await waitFor(() =>
      expect(screen.getByTestId("verifying-again").textContent).toBe("Verifying again: 1,200 of 5,000"),
    );
    rig.fake.tell({ kind: "verify_again", run: { project: 1, of: 5000, done: true, given: false, sum } });
    await toast("1,000 are now verified.");
    expect(screen.queryByTestId("verifying-again")).toBeNull();
  });
});
