import { cleanup, configure, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { interactionScene, type InteractionScene } from "../../fake/interaction-scene";
import { bareJob } from "../../fake/job-detail";
import type { CallAnswer, IpcError, JobDetail } from "../../ipc";
import { App } from "../../state/app.svelte";
import { areasOf, contextOf } from "../../state/context";
import InteractionPanel from "./InteractionPanel.svelte";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
afterEach(cleanup);

const nb = (text: string | null | undefined) => text?.replaceAll("\u00A0", " ").replace(/\s+/g, " ").trim();
const text = (testid: string) => nb(screen.getByTestId(testid).textContent);
const click = (testid: string) => fireEvent.click(screen.getByTestId(testid));
const type = (testid: string, value: string) => fireEvent.input(screen.getByTestId(testid), { target: { value } });

async function show(scene: InteractionScene, change: (detail: JobDetail) => void = () => undefined) {
  const fake = new FakeBackend();
  // The scene stands alone: the back end in memory does not know its job.
  const sent: { name: string; answers: readonly CallAnswer[] }[] = [];
  const fails: { with: IpcError | null } = { with: null };
  fake.jobAnswer = async (project, name, answers) => {
    if (fails.with) throw fails.with;
    sent.push({ name, answers });
    return bareJob({ kind: "interaction", name: "interactions/v1_next", title: null, project });
  };
  const app = new App(fake);
  await app.start();
  const detail = interactionScene(scene, Date.now());
  change(detail);
  const onanswered = vi.fn<(next: JobDetail) => void>();
  const onopen = vi.fn<(name: string) => void>();
  render(InteractionPanel, { props: { detail, onanswered, onopen }, context: contextOf(areasOf(app)) });
  return { app, detail, sent, fails, onanswered, onopen };
}

/** As the drawing has it. */
async function fill() {
  await fireEvent.click(within(screen.getByTestId("answer")).getByLabelText("approved"));
  await type("answer-field-refund_id", "RF-20261129-0417");
  await type("answer-field-amount", "84.50");
}

describe("an interaction that waits", () => {
  it("says what for, and by what it was told", async () => {
    await show("waits");
    expect(text("interaction-says")).toBe("It waits for you: issue_refund has no result yet.");
    expect(text("interaction-banner")).toMatch(
      /Told [\d:]{8}, 3 s after, by interaction\.requires_action, v1a verified/,
    );
    const steps = screen.getAllByTestId("step").map((step) => nb(step.querySelector("button")?.textContent));
    expect(steps).toHaveLength(5);
    expect(steps[1]).toContain('{"id":"7731-C"} → {"total":84.5,"age_days":9}');
    expect(steps[4]).toMatch(/waits$/);
    expect(text("steps-note")).toMatch(/^5, as of [\d:]{8}$/);
    expect(text("interaction-usage")).toBe("Tokens in 2,104 of it cached – thinking 412 out 602 all 3,118");
    const { violations } = await axe.run(document.body, {
      rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
    });
    expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
  });

  it("is answered by a form, with Ctrl and Enter, and numbers go out as they were typed", async () => {
    const { sent, onanswered } = await show("waits");
    await fill();
    await fireEvent.keyDown(screen.getByTestId("answer-field-amount"), { key: "Enter", ctrlKey: true });
    await waitFor(() => expect(onanswered).toHaveBeenCalledOnce());
    expect(sent).toEqual([
      {
        name: "interactions/v1_Chc9aK2pQx7mPk",
        answers: [
          {
            id: "fc_8d1e4f2a9c7740b2",
            result: '{\n  "status": "approved",\n  "refund_id": "RF-20261129-0417",\n  "amount": 84.50\n}',
            is_error: false,
          },
        ],
      },
    ]);
    expect(screen.getByTestId<HTMLInputElement>("answer-field-refund_id").value).toBe("");
  });

  it("says what is wrong beside the field, and nothing is sent", async () => {
    const { sent } = await show("waits");
    expect(screen.queryAllByRole("alert")).toEqual([]);
    await type("answer-field-amount", "a lot");
    await click("answer-send");
    const alerts = screen.getAllByRole("alert").map((one) => nb(one.textContent));
    expect(alerts).toEqual(["Choose one.", "Required.", "A number, such as 84.50."]);
    expect(screen.getByTestId("answer-field-amount").getAttribute("aria-invalid")).toBe("true");
    expect(sent).toEqual([]);
    await type("answer-field-amount", "84");
    await waitFor(() => expect(screen.getAllByRole("alert")).toHaveLength(2));
  });

  it("keeps what was typed when it could not be sent", async () => {
    const { fails, onanswered } = await show("waits");
    await fill();
    fails.with = { code: "service_unreachable", message: "No connection.", detail: null };
    await click("answer-send");
    await waitFor(() =>
      expect(text("answer-problem")).toContain("It was not sent. No connection. What you typed is kept."),
    );
    expect(screen.getByTestId<HTMLInputElement>("answer-field-refund_id").value).toBe("RF-20261129-0417");
    fails.with = null;
    await click("answer-send");
    await waitFor(() => expect(onanswered).toHaveBeenCalledOnce());
  });

  it("form and JSON hold the same, and the form is not offered where something would be lost", async () => {
    await show("waits");
    await fill();
    await click("answer-mode-json");
    const json = screen.getByTestId<HTMLTextAreaElement>("answer-json");
    expect(json.value).toContain('"amount": 84.50');
    await type("answer-json", '{"status":"denied","refund_id":"none"}');
    await click("answer-mode-form");
    expect(screen.getByTestId<HTMLInputElement>("answer-field-refund_id").value).toBe("none");
    await click("answer-mode-json");
    await type("answer-json", '{"other":1}');
    await waitFor(() => expect(screen.getByTestId<HTMLInputElement>("answer-mode-form").disabled).toBe(true));
    await type("answer-json", '{"other":');
    await click("answer-send");
    expect(nb(screen.getByRole("alert").textContent)).toMatch(/^Not JSON: /);
  });

  it("is answered with an error", async () => {
    const { sent, onanswered } = await show("waits");
    await click("answer-error");
    await click("answer-send");
    expect(nb(screen.getByRole("alert").textContent)).toBe("Say what went wrong.");
    await type("answer-message", "The card is closed.");
    await click("answer-send");
    await waitFor(() => expect(onanswered).toHaveBeenCalledOnce());
    expect(sent[0]?.answers[0]).toMatchObject({ result: '{"error":"The card is closed."}', is_error: true });
  });

  it("without a schema only JSON can be given", async () => {
    await show("schemaless");
    expect(screen.queryByTestId("answer-mode-form")).toBeNull();
    expect(text("call")).toContain("This tool does not declare what it gives back");
  });

  it("with several calls has a form each, and one button", async () => {
    const { sent, onanswered } = await show("two");
    expect(text("interaction-says")).toBe("It waits for you: issue_refund and find_address have no results yet.");
    const [first, second] = screen.getAllByTestId("call");
    expect(screen.getAllByTestId("answer-send")).toHaveLength(1);
    expect(text("answer-send")).toBe("Send 2 answers");
    await fill();
    await fireEvent.click(within(second as HTMLElement).getByLabelText("yes"));
    await type("answer-field-lines", "Hauptstrasse 1\n1010 Wien");
    await type("answer-field-lat", "48.2");
    await click("answer-send");
    expect(nb(within(second as HTMLElement).getByRole("alert").textContent)).toBe("Required.");
    expect(within(first as HTMLElement).queryByRole("alert")).toBeNull();
    await type("answer-field-lon", "16.4");
    await click("answer-send");
    await waitFor(() => expect(onanswered).toHaveBeenCalledOnce());
    expect(JSON.parse(sent[0]?.answers[1]?.result ?? "")).toEqual({
      found: true,
      lines: ["Hauptstrasse 1", "1010 Wien"],
      geo: { lat: 48.2, lon: 16.4 },
    });
  });

  it("names what it costs", async () => {
    await show("waits");
    expect(text("answer-cost")).toBe("Goes out as the next turn, billed to nightly-eval.");
    cleanup();
    await show("waits", (detail) => (detail.job.project = 3));
    expect(text("answer-cost")).toBe("Goes out as the next turn, which costs nothing.");
  });
});

describe("the turns", () => {
  it("are those that Pollux knows", async () => {
    const { onopen } = await show("waits");
    const said = screen.getAllByTestId("turn").map((turn) => nb(turn.textContent));
    expect(said[1]).toMatch(/^This turn ?[\d:]{8} ?asked for issue_refund, told 3 s after ?waits 4 min$/);
    expect(said[2]).toContain("your answer; followed until it ends or asks again");
    await click("turn-open");
    expect(onopen).toHaveBeenCalledWith("interactions/v1_Chc9prev7mPk");
    cleanup();
    await show("done");
    expect(screen.getAllByTestId("turn").map((turn) => turn.dataset.turn)).toEqual(["before", "this", "next-0"]);
    expect(screen.queryByTestId("answer")).toBeNull();
  });
});

describe("one that runs", () => {
  it("has steps so far, and each opens to all of its text", async () => {
    await show("research");
    expect(text("interaction-says")).toBe("It is running.");
    expect(text("steps-note")).toMatch(/^7 so far, as of/);
    expect(text("interaction-usage")).toMatch(/^Tokens so far/);
    const last = screen.getAllByTestId("step").at(-1) as HTMLElement;
    expect(nb(last.textContent)).toMatch(/so far$/);
    await fireEvent.click(within(last).getByRole("button"));
    expect(nb(last.textContent)).toContain("part is here so far");
  });

  it("says nothing of what the service does not give", async () => {
    await show("bare");
    expect(screen.queryByTestId("interaction-usage")).toBeNull();
    expect(nb(screen.getByTestId("interaction").textContent)).toContain("The service gives no steps.");
  });
});
