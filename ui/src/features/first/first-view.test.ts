import { cleanup, configure, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { refused } from "../../fake/refused";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
  fake.tunnelTakes = { start: 5, probe: 5 };
});
afterEach(cleanup);

async function open(scene: string): Promise<HTMLElement> {
  fake.firstScene(scene);
  app = new App(fake);
  const { container } = render(Window, { app });
  await waitFor(() => expect(app.firstSteps.facts).not.toBeNull());
  return container;
}
const step = (name: string) => screen.getByTestId(`first-step-${name}`);
const done = (name: string) => step(name).dataset.done === "true";
const fact = (name: string) => screen.getByTestId(`first-step-${name}-fact`).textContent;
const click = async (id: string) => fireEvent.click(await screen.findByTestId(id));
const count = () => screen.getByTestId("first-count").textContent;

describe("the sample", () => {
  it("is ticked where it stands, with the milliseconds since the click; the list has it, too", async () => {
    await open("fresh");
    expect([count(), done("sample"), done("key"), done("tunnel")]).toEqual(["0 of 3", false, false, false]);
    expect(screen.getByTestId("first-start").textContent).toContain("There are no deliveries here.");
    await click("first-sample");
    await waitFor(() => expect(done("sample")).toBe(true));
    expect(fact("sample")).toMatch(/^arrived \d\d:\d\d:\d\d, \d+\u00A0ms after the click$/);
    await waitFor(() => expect(screen.getAllByTestId("row")).toHaveLength(1));
    expect(count()).toBe("1 of 3");
    expect(screen.getByTestId("first-steps-status").textContent).toBe("First steps 1 of 3");
    await click("first-look");
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("1"));
    expect(screen.queryByTestId("first-steps")).toBeNull();
    // The way back.
    await click("first-steps-status");
    expect(await screen.findByTestId("first-steps")).toBeTruthy();
  });

  it("that could not be sent says why in its place, and can be tried again", async () => {
    await open("fresh");
    fake.failures.set("sampleSend", refused("sandbox_unreachable", "The Sandbox does not answer. Restart Pollux."));
    await click("first-sample");
    expect((await screen.findByTestId("first-sample-error")).textContent).toContain("Restart Pollux.");
    expect([done("sample"), app.toasts.list]).toEqual([false, []]);
    fake.failures.clear();
    expect(screen.getByTestId("first-sample").textContent).toContain("Try again");
    await click("first-sample");
    await waitFor(() => expect(done("sample")).toBe(true));
    expect(screen.queryByTestId("first-sample-error")).toBeNull();
  });

  it("of another session is still ticked, by how long its answer took", async () => {
    await open("sample");
    expect(fact("sample")).toMatch(/^arrived [\d:]+, answered in /);
  });
});

describe("a key of the environment", () => {
  it("is an offer: masked, taken by a click alone, by the way of the form", async () => {
    await open("fresh");
    expect((await screen.findByTestId("first-offer")).textContent).toMatch(
      /GEMINI_API_KEY is set here, ending in …9749/,
    );
    expect(fake.calls).not.toContain("projectAdd");
    const add = vi.spyOn(fake, "projectAdd");
    await click("first-use-key");
    await waitFor(() => expect(done("key")).toBe(true));
    expect(add).toHaveBeenCalledWith(
      expect.objectContaining({ name: "Gemini", api_key: { from: "environment", name: "GEMINI_API_KEY" } }),
    );
    expect(fake.calls.indexOf("projectCheck")).toBeLessThan(fake.calls.indexOf("projectAdd"));
    expect(fact("key")).toMatch(/^project added \d\d:\d\d:\d\d$/);
    expect(step("key").textContent).toMatch(/Gemini\s+its key\s+…9749\s+is kept in the system's keychain/);
    expect(screen.queryByTestId("first-offer")).toBeNull();
  });

  it("that the service does not take is told there, and stored only if that is wanted", async () => {
    await open("fresh");
    fake.failures.set("projectCheck", refused("service_unreachable", "The service could not be reached."));
    await click("first-use-key");
    expect((await screen.findByTestId("project-check-result")).textContent).toContain("could not be reached");
    expect([done("key"), fake.calls.includes("projectAdd")]).toEqual([false, false]);
    await click("first-project-anyway");
    await waitFor(() => expect(done("key")).toBe(true));
  });
});

describe("the second step", () => {
  it("takes a key that is typed, and wants one", async () => {
    fake.environment = [];
    await open("fresh");
    await click("first-project-add");
    expect(step("key").textContent).toContain("Paste the API key first.");
    await fireEvent.input(screen.getByTestId("first-project-key"), { target: { value: "AIza-not-a-real-key-1234" } });
    await fireEvent.input(screen.getByTestId("first-project-name"), { target: { value: "nightly" } });
    await click("first-project-add");
    await waitFor(() => expect(done("key")).toBe(true));
    expect(app.projects.list.map((one) => one.name)).toContain("nightly");
    expect(document.body.innerHTML).not.toContain("AIza-not-a-real-key-1234");
  });

  it("takes a secret alone, and says what is wrong with one", async () => {
    await open("fresh");
    await click("first-way-secret");
    await fireEvent.input(screen.getByTestId("first-secret"), { target: { value: "not-a-secret" } });
    await click("first-secret-add");
    await waitFor(() => expect(step("key").textContent).toContain("A secret starts with whsec_"));
    await fireEvent.input(screen.getByTestId("first-secret"), { target: { value: "whsec_bm90LWEtcmVhbA==" } });
    await click("first-secret-add");
    await waitFor(() => expect(done("key")).toBe(true));
    expect(fact("key")).toMatch(/^secret added /);
  });
});

describe("the tunnel", () => {
  it("starts in place with a secret path, and is ticked when it is online", async () => {
    await open("fresh");
    expect(step("tunnel").textContent).toContain("/usr/local/bin/cloudflared");
    expect(step("tunnel").textContent).toContain("with its secret path");
    await click("first-tunnel-start");
    await waitFor(() => expect(done("tunnel")).toBe(true));
    expect(fact("tunnel")).toMatch(/^online since \d\d:\d\d:\d\d$/);
    expect(app.settings.current?.tunnel).toMatchObject({ provider: "cloudflared" });
    expect(app.settings.current?.tunnel.path_token).toMatch(/^[a-z2-7]{20}$/);
    await waitFor(() => expect(screen.getByTestId("first-probe").textContent).toContain("Every byte came through"));
    // It is a fact that it was, also once it is off.
    await app.tunnel.stop();
    await waitFor(() => expect(fact("tunnel")).toMatch(/^first online /));
    expect(done("tunnel")).toBe(true);
  });

  it("that fails says why and what to do, and is not ticked; other ways open in place", async () => {
    await open("fresh");
    if (!app.settings.current) throw new Error("there are settings");
    const tunnel = { ...app.settings.current.tunnel, cloudflared_path: "/nowhere/cloudflared" };
    await app.settings.save({ ...app.settings.current, tunnel });
    await click("first-tunnel-start");
    expect((await screen.findByTestId("first-tunnel-failed")).textContent).toMatch(/Install it/);
    expect(done("tunnel")).toBe(false);
    expect(screen.getByTestId("first-tunnel-start").textContent).toContain("Try again");
    await click("first-tunnel-others");
    expect(within(step("tunnel")).getByTestId("tunnel-provider-ngrok")).toBeTruthy();
  });
});

describe("the end", () => {
  it("is offered once steps 2 and 3 are ticked, and is the first delivery of a real webhook", async () => {
    await open("two");
    expect(step("real").textContent).toContain("once steps 2 and 3 are ticked");
    cleanup();
    fake = new FakeBackend();
    await open("three");
    expect(count()).toBe("3 of 3");
    expect(screen.getByTestId("first-register")).toBeTruthy();
    const sample = fake.rows[0];
    if (!sample) throw new Error("there is a sample");
    fake.arrive({ ...sample, id: 2, sandbox: false, project: 4, message_id: "msg_real" });
    await waitFor(() => expect(done("real")).toBe(true));
    expect(screen.getByText("Your first real delivery is here")).toBeTruthy();
    expect(screen.getByTestId("first-steps-status").textContent).toBe("First steps done");
    await click("first-done");
    await waitFor(() => expect(screen.queryByTestId("first-steps")).toBeNull());
    expect(app.settings.current?.first_steps).toBe("done");
  });

  it("that was reached before the window opened is kept, and nothing is shown of it", async () => {
    await open("done");
    await waitFor(() => expect(fake.state.settings.first_steps).toBe("done"));
    expect(screen.queryByTestId("first-steps")).toBeNull();
    expect(screen.queryByTestId("first-steps-status")).toBeNull();
  });
});

describe("put away", () => {
  it("is kept, can be undone, and is brought back from the settings", async () => {
    await open("sample");
    await click("first-put-away");
    await waitFor(() => expect(screen.queryByTestId("first-steps")).toBeNull());
    expect(fake.state.settings.first_steps).toBe("put_away");
    await fireEvent.click(await screen.findByText("Undo"));
    expect(await screen.findByTestId("first-steps")).toBeTruthy();
    expect(fake.state.settings.first_steps).toBe("shown");
    await click("first-put-away");
    await waitFor(() => expect(screen.queryByTestId("first-steps")).toBeNull());
    app.screen.openSettings("about");
    await click("first-steps-again");
    expect(await screen.findByTestId("first-steps")).toBeTruthy();
  });

  it("that cannot be kept is told, and they stay", async () => {
    await open("sample");
    fake.failures.set("settingsSet", refused("disk_full", "The disk is full."));
    await click("first-put-away");
    await waitFor(() => expect(app.toasts.list.map((one) => one.text)).toEqual(["The disk is full."]));
    expect(screen.getByTestId("first-steps")).toBeTruthy();
  });
});

it.each(["fresh", "sample", "two", "three"])("%s: nothing stands in the way of assistive technology", async (scene) => {
  const container = await open(scene);
  await screen.findByTestId("first-steps");
  const { violations } = await axe.run(container, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
});
