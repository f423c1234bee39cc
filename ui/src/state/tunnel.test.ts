import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../fake/backend";
import { App } from "./app.svelte";

let fake: FakeBackend;
let app: App;

beforeEach(() => {
  vi.useFakeTimers();
  fake = new FakeBackend();
  fake.tunnelTakes = { start: 900, probe: 600 };
});
afterEach(() => vi.useRealTimers());

async function begin(scene = "off"): Promise<void> {
  fake.tunnelScene(scene);
  app = new App(fake);
  await app.start();
}

function settings(change: Partial<typeof fake.state.settings.tunnel>) {
  const now = app.settings.current;
  if (!now) throw new Error("no settings");
  return { ...now, tunnel: { ...now.tunnel, ...change } };
}
const texts = () => app.toasts.list.map((toast) => toast.text);

describe("starting", () => {
  it("keeps the authtoken first, then saves, then starts, and is online when it is told so", async () => {
    await begin();
    expect(app.tunnel.view.state.state).toBe("off");
    expect(await app.tunnel.start(settings({ provider: "ngrok", per_second: 7 }), "2abc_a91f")).toBe(true);
    expect(fake.calls.filter((call) => /settingsSet|tunnel[SA]/.test(call))).toEqual([
      "tunnelAuthtokenSet",
      "settingsSet",
      "tunnelStart",
    ]);
    expect(app.settings.current?.tunnel.per_second).toBe(7);
    expect(app.tunnel.view).toMatchObject({
      provider: "ngrok",
      state: { state: "starting" },
      ngrok_authtoken: { hint: "…a91f", from: "kept", passed_over: null },
    });
    expect(app.tunnel.public).toBeNull();
    await vi.advanceTimersByTimeAsync(900);
    expect(app.tunnel.online).toBe(true);
    expect(app.tunnel.view.probe).toBeNull();
    await vi.advanceTimersByTimeAsync(600);
    expect(app.tunnel.view.probe?.result).toBe("ok");
  });

  it("does not start with settings that were refused", async () => {
    await begin();
    fake.failures.set("settingsSet", { code: "invalid_setting", message: "No.", detail: null });
    expect(await app.tunnel.start(settings({ provider: "ngrok" }), null)).toBe(false);
    expect(app.tunnel.error?.code).toBe("invalid_setting");
    expect(fake.calls).not.toContain("tunnelStart");
    expect(app.tunnel.busy).toBeNull();
  });

  it("one thing at a time", async () => {
    await begin();
    const first = app.tunnel.start(settings({ provider: "ngrok" }), null);
    expect(await app.tunnel.stop()).toBe(false);
    expect(await first).toBe(true);
    expect(fake.calls).not.toContain("tunnelStop");
  });

  it("an answer that is older than what was told does not undo it", async () => {
    await begin();
    await app.settings.save(settings({ provider: "ngrok" }));
    fake.delay = 2000;
    const started = app.tunnel.start(settings({ provider: "ngrok" }), null);
    await vi.advanceTimersByTimeAsync(6000);
    await started;
    // The answer says "starting", and was on its way while the tunnel went online.
    expect(app.tunnel.view.state.state).toBe("online");
  });

  it("a tunnel that cannot be read is told, and no failure of the window", async () => {
    fake.failures.set("tunnel", { code: "history_busy", message: "Close the other program.", detail: null });
    await begin();
    expect(app.fatal).toBeNull();
    expect(texts()).toEqual(["Close the other program."]);
    expect(app.addresses.current).toBe("http://127.0.0.1:4710/");
  });
});

describe("the address", () => {
  it("is the public one while it is online, with the project's path; the Sandbox's stays here", async () => {
    await begin("online");
    expect(app.addresses.current).toBe("https://ada-hooks.ngrok.app/");
    expect(app.addresses.local).toBe("http://127.0.0.1:4710/");
    app.projects.choose(2);
    expect(app.addresses.current).toBe("https://ada-hooks.ngrok.app/video-render");
    app.projects.choose(3);
    expect(app.addresses.current).toBe("http://127.0.0.1:4710/sandbox");
    await app.copying.address();
    expect(fake.copied).toEqual(["http://127.0.0.1:4710/sandbox"]);
  });

  it("while it reconnects, what is copied is still the public one: it comes back; after a stop it is the listener's", async () => {
    await begin("reconnecting");
    expect(app.addresses.current).toBe("http://127.0.0.1:4710/");
    await app.copying.address();
    await app.tunnel.stop();
    await app.copying.address();
    expect(fake.copied).toEqual(["https://ada-hooks.ngrok.app/", "http://127.0.0.1:4710/"]);
  });

  it("that changed is told with the old one, and leads to the webhooks; the same one again is not told", async () => {
    await begin("online");
    fake.cutTunnel(1000);
    await vi.advanceTimersByTimeAsync(1000);
    await app.tunnel.stop();
    await app.tunnel.start(settings({ provider: "ngrok" }), null);
    await vi.advanceTimersByTimeAsync(900);
    expect(app.tunnel.online).toBe(true);
    expect(texts()).toEqual([]);

    await app.tunnel.start(settings({ provider: "cloudflared" }), null);
    await vi.advanceTimersByTimeAsync(900);
    expect(fake.calls.filter((call) => call === "tunnelStart")).toHaveLength(1);
    expect(texts()).toEqual([expect.stringContaining("Webhooks may still point to https://ada-hooks.ngrok.app/")]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(texts()).toHaveLength(1);
    app.tunnel.shown = true;
    expect(app.tunnel.notice).toBe(texts()[0]);
    app.toasts.list[0]?.button?.run();
    expect(app.screen.view).toBe("webhooks");
    expect(app.tunnel).toMatchObject({ shown: false, notice: null });
  });
});

describe("the probe", () => {
  it("by hand: shows what it found, and what went wrong beside it", async () => {
    await begin("online");
    fake.probeFinds = "body_changed";
    const asked = app.tunnel.probe();
    expect(app.tunnel.probing).toBe(true);
    await vi.advanceTimersByTimeAsync(600);
    await asked;
    expect(app.tunnel.view.probe).toMatchObject({
      result: "body_changed",
      changed: ["content-length", "content-type"],
    });
    fake.failures.set("tunnelProbe", { code: "tunnel_offline", message: "There is no public address.", detail: null });
    const again = app.tunnel.probe();
    await vi.advanceTimersByTimeAsync(600);
    await again;
    expect(app.tunnel).toMatchObject({ probing: false, error: { code: "tunnel_offline" } });
  });
});

it("turning off stops before it saves; the authtoken goes when it is asked to", async () => {
  await begin("online");
  await app.tunnel.turnOff(settings({ provider: "none" }));
  expect(fake.calls.filter((call) => /settingsSet|tunnelStop/.test(call))).toEqual(["tunnelStop", "settingsSet"]);
  expect(app.settings.current?.tunnel.provider).toBe("none");
  await app.tunnel.forgetToken();
  expect(app.tunnel.view.ngrok_authtoken).toBeNull();
});
