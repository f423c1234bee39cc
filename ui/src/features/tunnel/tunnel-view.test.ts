import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import type { TunnelProvider } from "../../ipc";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

let fake: FakeBackend;
let app: App;

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
  fake.tunnelTakes = { start: 40, probe: 40 };
});
afterEach(cleanup);

async function open(scene: string, provider: TunnelProvider | null = null, dialog = true): Promise<void> {
  fake.tunnelScene(scene, provider);
  app = new App(fake);
  render(Window, { app });
  await screen.findByTestId("tunnel-pill");
  if (!dialog) return;
  await fireEvent.click(screen.getByTestId("tunnel-pill"));
  await screen.findByTestId("tunnel-dialog");
}

const click = (id: string) => fireEvent.click(screen.getByTestId(id));
const type = (id: string, value: string) => fireEvent.input(screen.getByTestId(id), { target: { value } });
/** As it is drawn: where a line breaks in the source is not seen. */
const drawn = (id: string) =>
  screen
    .getByTestId(id)
    .textContent.replace(/[ \n]+/g, " ")
    .trim();
const pill = () => screen.getByTestId("tunnel-pill");
async function clean(): Promise<void> {
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
}

it("from off to online: what becomes public is said first, the authtoken is asked for, and nothing typed is left", async () => {
  await open("off");
  fake.tunnelView.ngrok_authtoken = null;
  app.tunnel.apply(fake.tunnelView);
  expect(pill().textContent).toContain("Tunnel off");
  await click("tunnel-provider-ngrok");
  expect(drawn("tunnel-exposure")).toBe(
    "Anyone who knows the address with its secret path can send requests to the listener on port 4710. Nothing else on this machine becomes public.",
  );
  expect(screen.getByTestId("tunnel-token-state").dataset.from).toBe("none");
  await click("tunnel-start");
  expect(fake.calls).not.toContain("tunnelStart");
  expect(screen.getByTestId("tunnel-token").getAttribute("aria-invalid")).toBe("true");
  await type("tunnel-token", "ngrok config add-authtoken 2abc_a91f");
  await click("tunnel-start");
  await waitFor(() => expect(pill().dataset).toMatchObject({ state: "online", provider: "ngrok" }));
  expect(fake.state.settings.tunnel.path_token).toMatch(/^[a-z2-7]{20}$/);
  expect(screen.getByTestId("tunnel-address").textContent).toContain(
    `${fake.state.settings.tunnel.path_token}/`.slice(-10),
  );
  expect(screen.getByTestId<HTMLInputElement>("tunnel-token").value).toBe("");
  expect(screen.getByTestId("tunnel-token-state").textContent).toContain("…a91f");
  expect(document.body.textContent).not.toContain("2abc");
  await waitFor(() => expect(screen.getByTestId("tunnel-probe").dataset.result).toBe("ok"));
  await click("tunnel-stop");
  await waitFor(() => expect(pill().dataset.state).toBe("off"));
});

it("a path token is on when a tunnel is set up, off is a choice that says what it means, and what was saved stays", async () => {
  await open("off");
  await click("tunnel-provider-cloudflared");
  expect(screen.getByTestId("tunnel-path-token").textContent).not.toBe("Off");
  expect(drawn("tunnel-path-token-hint")).toBe(
    "A secret first part of the public path. Requests without it are answered 404 and not kept.",
  );
  await click("tunnel-path-token-off");
  expect(screen.getByTestId("tunnel-path-token").textContent).toBe("Off");
  expect(drawn("tunnel-path-token-hint")).toContain("whatever is sent by anyone who finds the address is kept");
  // Another provider is the same set-up: the choice holds.
  await click("tunnel-provider-ngrok");
  await click("tunnel-provider-cloudflared");
  expect(screen.getByTestId("tunnel-path-token").textContent).toBe("Off");
  await click("tunnel-start");
  await waitFor(() => expect(pill().dataset.state).toBe("online"));
  expect(fake.state.settings.tunnel.path_token).toBeNull();
  cleanup();
  // One that was saved without it.
  fake = new FakeBackend();
  await open("off", "own");
  await click("tunnel-provider-ngrok");
  await click("tunnel-provider-own");
  expect(screen.getByTestId("tunnel-path-token").textContent).toBe("Off");
});

it("says which authtoken is used: a kept one goes before that of the environment", async () => {
  fake.tunnelVariable = "…eNv1";
  await open("off", "ngrok");
  const state = () => screen.getByTestId("tunnel-token-state");
  expect(state().dataset.from).toBe("kept");
  expect(drawn("tunnel-token-state")).toBe(
    "In use: …a91f, stored in the keychain. It takes precedence over NGROK_AUTHTOKEN (…eNv1).",
  );
  await click("tunnel-token-forget");
  await waitFor(() => expect(state().dataset.from).toBe("environment"));
  expect(drawn("tunnel-token-state")).toBe("In use: …eNv1, from NGROK_AUTHTOKEN. One that you enter takes precedence.");
  expect(screen.queryByTestId("tunnel-token-forget")).toBeNull();
  await clean();
  fake.tunnelVariable = null;
  await app.tunnel.forgetToken();
  await waitFor(() => expect(state().dataset.from).toBe("none"));
});

it("a wrong authtoken is a state with the provider's own words, and the way on is the same button", async () => {
  await open("failed", "ngrok");
  expect(pill().textContent).toContain("ngrok failed: authtoken refused");
  expect(screen.getByTestId("tunnel-state").dataset.state).toBe("failed");
  expect(screen.getByTestId("tunnel-detail").textContent).toContain("ERR_NGROK_105");
  expect(screen.getByTestId("tunnel-start").textContent).toBe("Try again");
  await clean();
});

it("another provider takes the place of the one that runs; the address that changed is told", async () => {
  await open("online");
  expect(screen.queryByTestId("tunnel-start")).toBeNull();
  await click("tunnel-provider-cloudflared");
  expect(screen.getByTestId("tunnel-start").textContent).toBe("Switch to cloudflared");
  await click("tunnel-http2");
  await click("tunnel-start");
  await waitFor(() => expect(pill().dataset).toMatchObject({ state: "online", provider: "cloudflared" }));
  expect(fake.state.settings.tunnel.cloudflared_http2).toBe(true);
  expect(app.toasts.list).toEqual([]);
  expect(screen.getByTestId("tunnel-moved").textContent).toContain("https://ada-hooks.ngrok.app/");
  await click("tunnel-show-webhooks");
  await screen.findByTestId("webhooks");
  await waitFor(() => expect(screen.queryByTestId("tunnel-dialog")).toBeNull());
});

it("a change while it runs is applied without a start; one that cannot be read is said at its field", async () => {
  await open("online");
  await type("tunnel-rate", "many");
  await click("tunnel-apply");
  expect(screen.getByText(/^A whole number from 0/)).toBeTruthy();
  await type("tunnel-rate", "50");
  await type("tunnel-mib", "10001");
  expect(screen.getByText("A whole number from 0 to 10,000. 0: no limit.")).toBeTruthy();
  await type("tunnel-mib", "8");
  await click("tunnel-apply");
  await waitFor(() => expect(fake.state.settings.tunnel).toMatchObject({ per_second: 50, mib_per_second: 8 }));
  await waitFor(() => expect(screen.queryByTestId("tunnel-apply")).toBeNull());
  expect(fake.calls).not.toContain("tunnelStart");
});

it("the back end's refusal stands in the dialog, beside its field where it has one", async () => {
  await open("off", "cloudflared");
  fake.failures.set("tunnelStart", {
    code: "cloudflared_missing",
    message: "There is no program at this path.",
    detail: null,
  });
  await click("tunnel-start");
  await waitFor(() => expect(screen.getByTestId("tunnel-cloudflared-path").getAttribute("aria-invalid")).toBe("true"));
  fake.failures.set("tunnelStart", { code: "not_listening", message: "Nothing listens.", detail: null });
  await click("tunnel-start");
  await waitFor(() => expect(screen.getByTestId("tunnel-error").textContent).toContain("Nothing listens."));
  expect(app.toasts.list).toEqual([]);
});

it("the probe names what was changed; the pill says it too", async () => {
  await open("probe-bad", "own");
  expect(pill().textContent).toContain("changes bodies");
  expect(screen.getByTestId("tunnel-probe").textContent).toContain("Changed: content-length, content-type");
  fake.probeFinds = "ok";
  await click("tunnel-probe-again");
  expect(screen.getByTestId("tunnel-probe").dataset.result).toBe("running");
  await waitFor(() => expect(screen.getByTestId("tunnel-probe").dataset.result).toBe("ok"));
  expect(pill().textContent).not.toContain("changes bodies");
});

it("u copies the public address, the listener's pill its own", async () => {
  await open("online", null, false);
  await fireEvent.keyDown(document.body, { key: "u" });
  await click("copy-address");
  await click("tunnel-copy");
  await waitFor(() =>
    expect(fake.copied).toEqual([
      "https://ada-hooks.ngrok.app/",
      "http://127.0.0.1:4710/",
      "https://ada-hooks.ngrok.app/",
    ]),
  );
});

it("Settings lead to it", async () => {
  await open("off", null, false);
  app.screen.go("settings");
  await fireEvent.click(await screen.findByTestId("settings-tunnel"));
  await screen.findByTestId("tunnel-dialog");
});

describe("axe finds nothing in", () => {
  it.each<[string, TunnelProvider | null]>([
    ["off", null],
    ["stray", "ngrok"],
    ["reconnecting", "cloudflared"],
    ["probe-bad", "own"],
  ])(
    "%s, %s",
    async (scene, provider) => {
      await open(scene, provider);
      for (const details of document.querySelectorAll("details")) details.open = true;
      await clean();
    },
    20_000,
  );
});
