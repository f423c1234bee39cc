import { describe, expect, it } from "vitest";
import { fakeTunnelSettings } from "../fake/catalog";
import type { Code, Settings } from "../ipc/generated";
import { NO_DESKTOP } from "./notifications";
import {
  differs,
  newPathToken,
  policyWarning,
  readAuthtoken,
  readPublicAddress,
  readTunnelDraft,
  tunnelDraft,
  tunnelFieldOf,
} from "./tunnel-draft";

describe("the form", () => {
  const settings: Settings = {
    port: 4710,
    watch_jobs: true,
    grace_minutes: 10,
    desktop: NO_DESKTOP,
    first_steps: "done",
    max_body_mib: 10,
    rejected_body_kib: 64,
    local_per_second: 100_000,
    tolerance_s: 300,
    audience: null,
    issuer: null,
    theme: "dark",
    split: 0.4,
    public_address: null,
    tunnel: fakeTunnelSettings(),
  };
  const none = { typed: "", known: false };
  const read = (change: Partial<ReturnType<typeof tunnelDraft>>, token = { typed: "", known: true }) =>
    readTunnelDraft({ ...tunnelDraft(settings), ...change }, settings, token);
  const tunnelOf = (result: ReturnType<typeof read>) => ("settings" in result ? result.settings.tunnel : null);
  const errorsOf = (result: ReturnType<typeof read>) => ("errors" in result ? Object.keys(result.errors) : []);

  it("is read back as it was written", () => {
    const full: Settings = {
      ...settings,
      public_address: "https://a.example/in/",
      tunnel: {
        provider: "ngrok",
        on_launch: true,
        ngrok_domain: "a.ngrok.app",
        ngrok_policy: "on_http_request: []",
        ngrok_metadata: "m",
        cloudflared_path: "/opt/cloudflared",
        cloudflared_http2: true,
        path_token: "abc",
        per_second: 0,
        mib_per_second: 0,
      },
    };
    const again = readTunnelDraft(tunnelDraft(full), full, { typed: "", known: true });
    expect(again).toEqual({ settings: full });
    expect("settings" in again && differs(again.settings, full)).toBe(false);
    expect(differs({ ...full, tunnel: { ...full.tunnel, per_second: 1 } }, full)).toBe(true);
  });

  it.each<[string, string | null]>([
    ["ada-hooks.ngrok.app", "ada-hooks.ngrok.app"],
    [" https://Hooks.Example.com/ ", "hooks.example.com"],
    ["", null],
  ])("takes the domain %s", (domain, kept) => {
    expect(tunnelOf(read({ provider: "ngrok", domain }))?.ngrok_domain).toBe(kept);
  });

  it.each<[string, Parameters<typeof read>[0], Parameters<typeof read>[1], string[]]>([
    ["no authtoken anywhere", { provider: "ngrok" }, none, ["authtoken"]],
    ["one is typed", { provider: "ngrok" }, { typed: "2abc_def", known: false }, []],
    ["two words are no token", { provider: "ngrok" }, { typed: "two words", known: true }, ["authtoken"]],
    ["a domain with a path", { provider: "ngrok", domain: "a.example/x" }, undefined, ["domain"]],
    ["a domain with a port", { provider: "ngrok", domain: "a.example:8443" }, undefined, ["domain"]],
    ["half a JSON policy", { provider: "ngrok", policy: '{"on_http_request": [' }, undefined, ["policy"]],
    ["own, without an address", { provider: "own" }, undefined, ["address"]],
    ["own, over http", { provider: "own", address: "http://a.example/" }, undefined, ["address"]],
    [
      "what another provider needs does not matter",
      { provider: "cloudflared", domain: "a b", address: "nonsense" },
      none,
      [],
    ],
    ["a rate below none", { provider: "none", rate: "-1" }, undefined, ["rate"]],
    ["a rate that is no number", { provider: "cloudflared", rate: "1e3" }, undefined, ["rate"]],
    ["a rate too high", { provider: "cloudflared", rate: "100001" }, undefined, ["rate"]],
  ])("%s", (_name, change, token, wrong) => {
    expect(errorsOf(read(change, token))).toEqual(wrong);
  });

  it("what cannot be read of another provider stays as it was, and none does not start at launch", () => {
    expect(read({ provider: "cloudflared", address: "nonsense" })).toMatchObject({
      settings: { public_address: null },
    });
    expect(tunnelOf(read({ provider: "none", onLaunch: true }))?.on_launch).toBe(false);
  });

  it.each<[string, string | null]>([
    ["", null],
    ["https://a.example", "https://a.example/"],
    [" https://a.example/in ", "https://a.example/in/"],
  ])("takes the address %s", (typed, value) => {
    expect(readPublicAddress(typed)).toEqual({ value });
  });
  it.each(["http://a.example/", "a.example", "https://", "https://a.example/?x=1", "https://u@a.example/"])(
    "refuses the address %s",
    (typed) => {
      expect(readPublicAddress(typed)).toEqual({ error: expect.any(String) });
    },
  );

  it.each([
    "2abc_def",
    "ngrok config add-authtoken 2abc_def",
    "authtoken: 2abc_def",
    "NGROK_AUTHTOKEN='2abc_def'",
    " 2abc_def\n",
  ])("takes the token out of %s", (typed) => {
    expect(readAuthtoken(typed)).toEqual({ value: "2abc_def" });
  });

  it("warns of a policy that keeps deliveries from Pollux", () => {
    expect(policyWarning("on_http_request:\n - actions:\n   - type: verify-webhook")).toContain("403");
    expect(policyWarning("")).toBeNull();
  });

  it("a path token is 20 letters, each from its own byte", () => {
    const token = newPathToken(Uint8Array.from({ length: 32 }, (_, i) => i * 13));
    expect(token).toMatch(/^[a-z2-7]{20}$/);
    expect(new Set(Array.from({ length: 256 }, (_, byte) => newPathToken(new Uint8Array(20).fill(byte))[0])).size).toBe(
      32,
    );
  });

  it.each<[Code, string | null]>([
    ["ngrok_authtoken_wrong", "authtoken"],
    ["invalid_authtoken", "authtoken"],
    ["own_address_invalid", "address"],
    ["ngrok_domain", "domain"],
    ["cloudflared_missing", "path"],
    ["cloudflared_rate_limited", null],
    ["vault_failed", null],
  ])("%s belongs beside %s", (code, field) => {
    expect(tunnelFieldOf(code)).toBe(field);
  });
});
