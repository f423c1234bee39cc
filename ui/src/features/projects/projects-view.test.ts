import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

let fake: FakeBackend;
let app: App;
const PATIENCE = { timeout: 10_000 };

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
});
afterEach(cleanup);

async function open(): Promise<HTMLElement> {
  app = new App(fake);
  const { container } = render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  return container;
}

async function clean(): Promise<void> {
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
}

const type = (id: string, value: string) => fireEvent.input(screen.getByTestId(id), { target: { value } });
const click = (id: string) => fireEvent.click(screen.getByTestId(id));

async function form(): Promise<void> {
  fake.tunnelScene("online");
  await open();
  app.projectForm.open(null);
  await screen.findByTestId("project-name");
}

it("one is checked before it is saved, and saved anyway if one says so; its key is nowhere afterwards", async () => {
  await form();
  await type("project-name", "Weekly eval");
  expect(screen.getByTestId<HTMLInputElement>("project-path").value).toBe("weekly-eval");
  expect(screen.getByTestId("project-dialog").textContent).toContain("https://ada-hooks.ngrok.app/weekly-eval");
  const field = screen.getByTestId<HTMLInputElement>("project-key");
  expect(field.type).toBe("password");
  await type("project-key", "AIza-wrong-key");
  await click("project-save");
  await waitFor(() =>
    expect(screen.getByTestId("project-check-result").textContent).toContain(
      "API key not valid. Please pass a valid API key.",
    ),
  );
  expect(fake.calls).not.toContain("projectAdd");
  await clean();
  await click("project-save-anyway");
  await waitFor(() => expect(screen.queryByTestId("project-dialog")).toBeNull());
  expect(app.projects.list.some((one) => one.path === "weekly-eval" && one.api_key?.hint === "…-key")).toBe(true);
  expect(document.documentElement.outerHTML).not.toContain("AIza");
  expect(field.value).toBe("");
});

it("a key of the environment, another service, and a path that is taken", async () => {
  await form();
  await type("project-name", "second");
  await fireEvent.click(await screen.findByTestId("project-environment"));
  await click("project-service-other");
  await type("project-base-url", "https://nowhere.example");
  await click("project-check");
  await waitFor(() => expect(screen.getByTestId("project-check-result").dataset.code).toBe("service_unreachable"));
  await type("project-base-url", "https://proxy.example");
  await click("project-check");
  await waitFor(() =>
    expect(screen.getByTestId("project-check-result").textContent).toContain("Works: 3 webhooks, 212\u00A0ms"),
  );
  await type("project-path", "video-render");
  await click("project-save");
  await waitFor(() =>
    expect(screen.getByTestId("project-dialog").textContent).toContain("Another project has the path video-render."),
  );
  await type("project-path", "second");
  await click("project-save");
  await waitFor(() =>
    expect(app.projects.list.find((one) => one.name === "second")).toMatchObject({
      base_url: "https://proxy.example",
      api_key: { hint: "…a91f" },
    }),
  );
});

it("another base URL asks for the key again, says why, and sends it nowhere before", async () => {
  await open();
  app.screen.go("projects");
  const rows = await screen.findAllByTestId("project-row");
  await fireEvent.click(within(rows[1] as HTMLElement).getByTestId("project-edit"));
  await screen.findByTestId("project-dialog");
  await click("project-service-other");
  await type("project-base-url", "https://proxy.example");
  expect(screen.getByTestId("project-dialog").textContent).toContain(
    "was given for https://generativelanguage.googleapis.com and is not sent to https://proxy.example",
  );
  await clean();
  await click("project-check");
  await click("project-save");
  expect(screen.getByTestId("project-key").getAttribute("aria-invalid")).toBe("true");
  expect(fake.calls.filter((call) => call === "projectCheck" || call === "projectUpdate")).toEqual([]);
  await type("project-key", "AIza-for-the-proxy");
  await click("project-save");
  await waitFor(() =>
    expect(app.projects.list.find((one) => one.name === "video-render")).toMatchObject({
      base_url: "https://proxy.example",
      api_key: { hint: "…roxy" },
    }),
  );
});

it("are listed; the Sandbox and the default one stay, the others can be taken away and brought back", async () => {
  await open();
  app.screen.go("projects");
  const rows = await screen.findAllByTestId("project-row");
  const removable = rows.map(
    (row) => within(row).getByTestId("project-remove").getAttribute("aria-disabled") !== "true",
  );
  expect(removable).toEqual([false, true, false]);
  await clean();
  await fireEvent.click(within(rows[1] as HTMLElement).getByTestId("project-remove"));
  await waitFor(() => expect(screen.getAllByTestId("project-row")).toHaveLength(2));
  await fireEvent.click(await screen.findByText("Undo"));
  await waitFor(() => expect(screen.getAllByTestId("project-row")).toHaveLength(3), PATIENCE);
});
