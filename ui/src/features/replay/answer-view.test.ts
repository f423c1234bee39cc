import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";
import { clean, click, gone, key, windowed } from "./test-window";

const rig = windowed();
// Much is loaded and drawn for each of these.
vi.setConfig({ testTimeout: 90_000 });
const DOWN = "http://localhost:3999/";

async function edit(): Promise<HTMLElement> {
  await rig.open();
  await key("j");
  await screen.findByTestId("replay");
  await rig.app.replay.edit();
  const dialog = await screen.findByTestId("replay-editor", {}, { timeout: 20_000 });
  await waitFor(() => expect(screen.getByTestId("code-editor").dataset.ready).toBe("true"), { timeout: 20_000 });
  return dialog;
}

const body = () => screen.getByTestId("body-code");
const sendFrom = (field: Element) => fireEvent.keyDown(field, { key: "Enter", ctrlKey: true, bubbles: true });
const pane = () => screen.getByTestId("answer-pane");
/** So many were sent, and the last one has ended. */
const sent = (count: number) =>
  waitFor(() => {
    expect(screen.getAllByTestId("send")).toHaveLength(count);
    expect([pane().dataset.send, pane().dataset.state]).toEqual([String(count), "ended"]);
  });

describe("the answer in place", () => {
  it("Ctrl+Enter sends from the body, which keeps the focus; the answer, its difference and its values stand there", async () => {
    await edit();
    expect(pane().dataset.state).toBe("none");
    expect(within(pane()).getByTestId("preview")).toBeTruthy();
    rig.app.replay.editor.set({ body: '{"type":"batch.succeeded","data":{"id":"{{uuid}}"}}' });
    await waitFor(() => expect(screen.getByTestId("fill").textContent).toContain("1 filled in when sent"));
    expect(screen.getByTestId("variable-value").textContent).toBe("a new UUID for each request");
    body().focus();
    await sendFrom(body());
    await sent(1);
    expect(document.activeElement).toBe(body());
    await waitFor(() => expect(within(pane()).getByTestId("answer-line").textContent).toBe("200 OK"));
    const first = screen.getByTestId("variable-value").textContent;
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(screen.queryByTestId("answer-change")).toBeNull();
    expect(screen.getByTestId("send").textContent).toContain("the first");

    await sendFrom(body());
    await sent(2);
    await waitFor(() => expect(screen.getByTestId("answer-change").dataset.same).toBe("true"));
    expect(screen.getAllByTestId("send")[0]?.textContent).toContain("nothing, as 1");
    await waitFor(() => expect(screen.getByTestId("variable-value").textContent).not.toBe(first));

    rig.app.replay.editor.set({ twist: "tampered" });
    await sendFrom(body());
    await sent(3);
    await waitFor(() => expect(screen.getByTestId("answer-change").dataset.same).toBe("false"));
    const status = screen.getAllByTestId("change").find((one) => one.dataset.field === "status");
    expect([status?.querySelector("del")?.textContent, status?.querySelector("ins")?.textContent]).toEqual([
      "200",
      "401",
    ]);
    expect(screen.getByTestId("answer-told").textContent).toContain("401");
    expect(screen.queryByTestId("toast")).toBeNull();
  });

  it("Alt and the arrows look at another, Alt+Enter takes it up; the focus stays", async () => {
    await edit();
    const editor = rig.app.replay.editor;
    for (const [i, text] of ['{"type":"a"}', '{"type":"b"}'].entries()) {
      editor.set({ body: text });
      await sendFrom(body());
      await sent(i + 1);
    }
    body().focus();
    await fireEvent.keyDown(body(), { key: "ArrowDown", altKey: true, bubbles: true });
    await waitFor(() => expect(pane().dataset.send).toBe("1"));
    expect(editor.fields?.body).toBe('{"type":"b"}');
    await fireEvent.keyDown(body(), { key: "Enter", altKey: true, bubbles: true });
    await waitFor(() => expect(body().textContent).toContain('{"type":"a"}'));
    expect(document.activeElement).toBe(body());
    await fireEvent.click(screen.getAllByTestId("send-choose")[0] as HTMLElement);
    await waitFor(() => expect(pane().dataset.send).toBe("2"));
    await fireEvent.keyDown(screen.getByTestId("replay-editor"), { key: "Escape" });
    await gone("replay-editor");
  });

  it("no answer says why, and there is nothing to compare", async () => {
    await edit();
    const editor = rig.app.replay.editor;
    await sendFrom(body());
    await sent(1);
    await waitFor(() => expect(within(pane()).getByTestId("answer-line").textContent).toBe("200 OK"));
    editor.set({ targets: [DOWN] });
    await sendFrom(body());
    await sent(2);
    await waitFor(() => expect(within(pane()).getByTestId("problem").dataset.code).toBe("connection_refused"));
    expect(within(pane()).getByTestId("answer-line").textContent).toBe("No answer");
    expect(screen.getByTestId("answer-change").textContent).toContain("nothing to compare");
    await clean();
  });

  it("while it waits it says so, and can be stopped", async () => {
    await edit();
    rig.fake.replayTakes = 60_000;
    await sendFrom(body());
    await screen.findByTestId("sending");
    expect(pane().dataset.state).toBe("running");
    await clean();
    await click("answer-stop");
    await sent(1);
    expect(pane().textContent).toContain("Nothing was sent.");
  });

  it("many show how long each took, and are turned over one by one", async () => {
    await edit();
    rig.app.replay.editor.set({ times: "6" });
    await click("editor-send");
    await sent(1);
    await waitFor(() => expect(screen.getByTestId("answer-at").textContent).toContain("Answer 1 of 6"));
    expect(screen.getByTestId("run-times").querySelectorAll("circle")).toHaveLength(6);
    expect(screen.getByTestId("answer-before").getAttribute("aria-disabled")).toBe("true");
    await click("answer-after");
    expect(screen.getByTestId("answer-at").textContent).toContain("Answer 2 of 6");
    await clean();
  });
});

describe("variables", () => {
  it("in a header show what they became; an unknown one is told where it stands, and braces can be sent as written", async () => {
    await edit();
    const editor = rig.app.replay.editor;
    const line = editor.addHeader();
    editor.setHeader(line, { name: "x-run", value: "{{now_s}}" });
    const here = () => screen.getAllByTestId("header-line").find((one) => one.dataset.name === "x-run") as HTMLElement;
    await waitFor(() => expect(within(here()).getByTestId("variable-value").textContent).toContain("Unix seconds"));
    await sendFrom(within(here()).getByTestId("header-value"));
    await sent(1);
    await waitFor(() => expect(within(here()).getByTestId("variable-value").textContent).toMatch(/^\d{10}$/));
    expect(rig.fake.sent.at(-1)?.request_headers.at(-1)?.value).toMatch(/^\d{10}$/);

    editor.setHeader(line, { value: "{{nmae}}" });
    await waitFor(() =>
      expect(within(here()).getByTestId("unknown-variable").textContent).toBe(
        "No variable is called nmae: it is sent as written.",
      ),
    );
    await sendFrom(body());
    await sent(2);
    expect(rig.fake.sent.at(-1)?.request_headers.at(-1)?.value).toBe("{{nmae}}");

    editor.set({ body: '{"s":{{now_s}}}' });
    await waitFor(() => expect(screen.getByTestId("body-note").textContent?.trim()).toBe(""));
    await click("fill");
    expect(screen.getByTestId("fill").getAttribute("aria-pressed")).toBe("false");
    await waitFor(() => expect(screen.getByTestId("body-note").textContent).toContain("Not JSON"));
    await sendFrom(body());
    await sent(3);
    expect(rig.fake.sent.at(-1)?.request_len).toBe('{"s":{{now_s}}}'.length);
  });
});

describe("last addresses", () => {
  it("the address of the handler check is named in the editor, and that of the replay in the check", async () => {
    await edit();
    expect(screen.queryByTestId("also-checked")).toBeNull();
    const [target] = rig.app.replay.editor.fields?.targets ?? [];
    await sendFrom(body());
    await sent(1);
    rig.app.lastAddresses.checked = target ?? null;
    await screen.findByTestId("also-checked");
    rig.app.replay.editor.close();
    await gone("replay-editor");
    rig.app.handler.show("check");
    await click("check-use-replayed");
    expect(screen.getByTestId<HTMLInputElement>("check-url").value).toBe(target);
    expect(screen.getByTestId("check-replayed").textContent).toContain("Also used by replays.");
  });
});
