import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";
import { clean, click, DEV, gone, key, ORDERS, type, windowed } from "./test-window";

const rig = windowed();

describe("the editor", () => {
  async function edit(index = 0): Promise<HTMLElement> {
    await rig.open();
    for (let i = 0; i <= index; i++) await key("j");
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe(String(60 - index)));
    await key("R", { shiftKey: true });
    // It is loaded when it is opened for the first time.
    return screen.findByTestId("replay-editor", {}, { timeout: 20_000 });
  }

  it("shows what goes out, and what is not as received", async () => {
    const dialog = await edit();
    await waitFor(() => expect(screen.getByTestId("preview-changes").textContent).toContain("time of sending"));
    expect(screen.getByTestId("preview-altered").textContent).toContain("is localhost:3000");
    await waitFor(() => expect(screen.getByTestId("code-editor").dataset.ready).toBe("true"));
    expect(dialog.querySelector(".cm-content")?.getAttribute("aria-label")).toBe("Body");
    await clean();
    await click("replay-id-renew");
    await waitFor(() => expect(screen.getByTestId("preview-changes").textContent).toContain("new id"));
  });

  it("what goes out can be scrolled with the keyboard, and the target button is called what it shows", async () => {
    const dialog = await edit();
    const list = await within(dialog).findByRole("list", { name: "Headers that go out" });
    expect(list.tabIndex).toBe(0);
    list.focus();
    expect(document.activeElement).toBe(list);
    const facts = within(dialog).getByRole("group", { name: "What is changed" });
    expect(facts.tabIndex).toBe(0);
    const button = within(dialog).getByTestId("editor-targets");
    const seen = button.querySelector(".chip")?.textContent?.trim() ?? "";
    expect(seen.length).toBeGreaterThan(3);
    expect(
      within(dialog).getByRole("button", {
        name: new RegExp(`^Target: .*${seen.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`),
      }),
    ).toBe(button);
    rig.app.replay.editor.set({ targets: [] });
    await waitFor(() =>
      expect(within(dialog).getByRole("button", { name: "Targets: Choose where to send it" })).toBe(button),
    );
    rig.app.replay.editor.set({ targets: [DEV, ORDERS] });
    await waitFor(() => expect(button.querySelectorAll(".chip")).toHaveLength(2));
    for (const chip of button.querySelectorAll(".chip"))
      expect(
        within(dialog).getByRole("button", {
          name: new RegExp(`^Targets: .*${chip.textContent?.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`),
        }),
      ).toBe(button);
    await clean();
  });

  it("composes no more than what is changed asks for", async () => {
    await edit();
    await waitFor(() => expect(screen.getByTestId("preview-changes").textContent).toContain("signed with"));
    const looks = () => rig.fake.calls.filter((call) => call === "replayPreview").length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = looks();
    await click("replay-id-renew");
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect([before, looks()]).toEqual([1, 2]);
  });

  it("says in the editor what keeps the body from being JSON, and sends it all the same", async () => {
    await edit();
    await waitFor(() => expect(screen.getByTestId("code-editor").dataset.ready).toBe("true"));
    rig.app.replay.editor.set({ body: '{"a":1,}' });
    await waitFor(() =>
      expect(screen.getByTestId("body-note").textContent).toContain(
        "Not JSON: This bracket closes nothing. Line 1, column 8. It is sent as it is.",
      ),
    );
    expect(screen.getByTestId("body-code").textContent).toBe('{"a":1,}');
    const before = rig.fake.sent.length;
    await click("editor-send");
    await waitFor(() => expect(rig.fake.sent).toHaveLength(before + 1));
    expect(rig.fake.sent.at(-1)?.request_len).toBe(8);
  });

  it("edits headers; a name that cannot be is told beside it, and is not sent", async () => {
    await edit();
    await click("header-add");
    const lines = () => screen.getAllByTestId("header-line");
    const last = lines().at(-1) as HTMLElement;
    await fireEvent.input(within(last).getByTestId("header-name"), { target: { value: "x bad" } });
    expect(within(last).getByTestId("header-name").getAttribute("aria-invalid")).toBe("true");
    const before = rig.fake.sent.length;
    await click("editor-send");
    expect(rig.fake.calls).not.toContain("replayStart");
    await fireEvent.input(within(last).getByTestId("header-name"), { target: { value: "X-Good" } });
    await fireEvent.input(within(last).getByTestId("header-value"), { target: { value: "a\u202Eb" } });
    expect(last.textContent).toContain("U+202E");
    await click("editor-send");
    await waitFor(() => expect(rig.fake.sent).toHaveLength(before + 1));
    expect(rig.fake.sent.at(-1)?.request_headers.at(-1)).toMatchObject({ name: "X-Good", value: "a\u202Eb" });
  });

  it("Esc asks before edits are lost, and closes where there are none", async () => {
    const dialog = await edit();
    await key("Escape");
    await gone("replay-editor");
    await key("R", { shiftKey: true });
    await screen.findByTestId("replay-editor");
    await click("replay-time-shifted");
    await fireEvent.keyDown(await screen.findByTestId("replay-editor"), { key: "Escape" });
    await screen.findByTestId("confirm");
    await click("confirm-no");
    await gone("confirm");
    expect(screen.getByTestId<HTMLInputElement>("replay-time-shifted").checked).toBe(true);
    await fireEvent.keyDown(screen.getByTestId("replay-editor"), { key: "Escape" });
    await click("confirm-yes");
    await gone("replay-editor");
    expect(dialog.isConnected).toBe(false);
  });

  it("a shift has presets and any number; what is no number is told", async () => {
    await edit();
    await click("replay-time-shifted");
    await click("shift-360");
    expect(screen.getByTestId<HTMLInputElement>("shift").value).toBe("360");
    await waitFor(() => expect(screen.getByTestId("preview-changes").textContent).toContain("360 s in the future"));
    await type("shift", "soon");
    expect(screen.getByTestId("shift").getAttribute("aria-invalid")).toBe("true");
  });

  it("a twist says what it does and what a correct receiver does; one that signs needs a key", async () => {
    await edit();
    await fireEvent.keyDown(screen.getByTestId("twist"), { key: "Enter" });
    await fireEvent.click(await screen.findByTestId("twist-stale"));
    await waitFor(() =>
      expect(screen.getByTestId("twist-said").textContent).toContain("A correct receiver: refuses it with 400 or 401."),
    );
    await fireEvent.change(screen.getByTestId("replay-sign"), { target: { value: "leave" } });
    await waitFor(() => expect(screen.getByTestId("sign-error").textContent).toContain("choose what to sign with"));
  });

  it("a rejected delivery carries its mark, bytes are hex, and too long a body says so", async () => {
    await edit(60 - 17);
    expect(screen.getByTestId("replay-editor").textContent).toContain("was rejected");
    await screen.findByTestId("body-as-hex");
    await click("body-as-base64");
    expect(rig.app.replay.editor.fields?.body).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(rig.app.replay.editor.bodyEdited).toBe(false);
    rig.app.replay.editor.close();
    await rig.app.replay.editor.open([14], 1, [DEV]);
    expect((await screen.findByTestId("body-fixed")).textContent).toContain("too long to edit");
  });
});
