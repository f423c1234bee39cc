import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

let fake: FakeBackend;
let app: App;
let patches: unknown[];

/** RFC 7396, as the emulator reads a patch: what a patch does not name stays. */
function merged<T>(target: T, patch: unknown): T {
  if (typeof patch !== "object" || patch === null) return patch as T;
  return Object.entries(patch).reduce(
    (into, [name, value]) => ({ ...into, [name]: merged((into as Record<string, unknown>)[name], value) }),
    target,
  );
}

beforeEach(() => {
  fake = new FakeBackend();
  patches = [];
  const set = fake.sandboxSettingsSet;
  fake.sandboxSettingsSet = (patch) => {
    patches.push(patch);
    return set(merged(fake.world.settings, patch));
  };
});
afterEach(cleanup);

async function open(): Promise<void> {
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  app.screen.go("sandbox");
  await waitFor(() => screen.getByTestId("assumptions-summary"));
}
const unfold = async () => {
  await waitFor(() => expect(app.sandbox.settings).not.toBeNull());
  await fireEvent.click(screen.getByTestId("assumptions-toggle"));
};
const field = (id: string) => screen.getByTestId<HTMLInputElement>(`assumption-${id}`);
const type = async (id: string, value: string) => {
  await fireEvent.input(field(id), { target: { value } });
  await fireEvent.change(field(id));
};
const row = (id: string) => screen.getByTestId(`assumption-row-${id}`);

describe("the Sandbox's assumptions", () => {
  it("are folded until they are asked for, and stay unfolded while the window is elsewhere", async () => {
    await open();
    expect(screen.getByTestId("assumptions-toggle").getAttribute("aria-expanded")).toBe("false");
    expect(screen.queryByTestId("assumption-retry-first_ms")).toBeNull();
    await unfold();
    expect(field("retry-first_ms").value).toBe("5 s");
    app.screen.go("deliveries");
    await waitFor(() => expect(screen.queryByTestId("sandbox")).toBeNull());
    app.screen.go("sandbox");
    await waitFor(() => expect(field("retry-longest_ms").value).toBe("4 h"));
  });

  it("one is changed by a patch that names it alone, is counted, and goes back", async () => {
    await open();
    await unfold();
    await type("retry-first_ms", "90s");
    await waitFor(() => expect(field("retry-first_ms").value).toBe("1 min 30 s"));
    await fireEvent.click(field("rest-webhook_times"));
    await fireEvent.change(field("payload-video"), { target: { value: "launch" } });
    await waitFor(() => expect(screen.getByTestId("assumptions-changed").textContent).toBe("3 changed"));
    expect(patches).toEqual([
      { retry: { first_ms: 90_000 } },
      { rest: { webhook_times: true } },
      { payload: { video: "launch" } },
    ]);
    expect(row("payload-video").textContent).toContain("file_id");
    await fireEvent.click(screen.getByTestId("assumption-reset-retry-first_ms"));
    await waitFor(() => expect(row("retry-first_ms").dataset.changed).toBe("false"));
    expect(field("retry-first_ms").value).toBe("5 s");
    expect(document.activeElement).toBe(field("retry-first_ms"));
    await waitFor(() => expect(screen.getByTestId("assumptions-changed").textContent).toBe("2 changed"));
  });

  it("all go back at once, faults stay, and nothing half typed is left", async () => {
    fake.world.settings = merged(fake.world.settings, {
      retry: { factor: 2 },
      disabling: { on_gone: false },
      faults: { lost: 0.5 },
      dynamic: "jwt",
    });
    await open();
    await waitFor(() =>
      expect(screen.getByTestId("assumptions-summary").textContent).toBe("Changed: Factor, On 410 Gone"),
    );
    await unfold();
    await type("jobs-batch_ms", "soon");
    await fireEvent.click(screen.getByTestId("assumptions-reset"));
    await waitFor(() => expect(screen.queryByTestId("assumptions-changed")).toBeNull());
    await waitFor(() => expect(field("jobs-batch_ms").value).toBe("4 s"));
    expect(row("jobs-batch_ms").textContent).not.toContain("such as");
    expect(fake.world.settings).toMatchObject({
      retry: { factor: 4 },
      disabling: { on_gone: true },
      faults: { lost: 0.5 },
      dynamic: "jwt",
    });
  });

  it("what cannot be read is said at its row, kept as typed, and not sent; Escape takes it back", async () => {
    await open();
    await unfold();
    await type("retry-window_ms", "24");
    expect(row("retry-window_ms").querySelector("[role=alert]")?.textContent).toContain("24 of what?");
    expect(field("retry-window_ms").getAttribute("aria-invalid")).toBe("true");
    expect(field("retry-window_ms").value).toBe("24");
    await fireEvent.keyDown(field("retry-window_ms"), { key: "Escape" });
    await waitFor(() => expect(field("retry-window_ms").value).toBe("24 h"));
    expect(row("retry-window_ms").querySelector("[role=alert]")).toBeNull();
    await type("retry-window_ms", "1440 min");
    await waitFor(() => expect(field("retry-window_ms").value).toBe("24 h"));
    expect(patches).toEqual([]);
  });

  it("a refusal is said at its row, not in a toast, and a switch goes back", async () => {
    await open();
    await unfold();
    fake.failures.set("sandboxSettingsSet", {
      code: "sandbox_refused",
      message: "Not while the moon is full.",
      detail: null,
    });
    await type("secret_grace_ms", "2 h");
    await fireEvent.click(field("sign_with_all_secrets"));
    for (const id of ["secret_grace_ms", "sign_with_all_secrets"])
      await waitFor(() =>
        expect(row(id).querySelector("[role=alert]")?.textContent).toBe("Not while the moon is full."),
      );
    expect(field("secret_grace_ms").value).toBe("2 h");
    expect(field("sign_with_all_secrets").checked).toBe(true);
    expect(app.toasts.list).toEqual([]);
    fake.failures.clear();
    await fireEvent.change(field("secret_grace_ms"));
    await waitFor(() => expect(row("secret_grace_ms").dataset.changed).toBe("true"));
    expect(row("secret_grace_ms").querySelector("[role=alert]")).toBeNull();
  });

  it("axe finds nothing in them", async () => {
    await open();
    await unfold();
    await type("retry-jitter", "much");
    await fireEvent.click(field("payload-batch_prefix"));
    await screen.findByTestId("assumptions-reset");
    const { violations } = await axe.run(document.body, {
      rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
    });
    expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
  }, 30_000);
});
