import { describe, expect, it } from "vitest";
import { fakeState } from "../fake/catalog";
import { row } from "../fake/rows";
import type { FirstFacts, TunnelView } from "../ipc";
import {
  freeName,
  isNews,
  keyFact,
  nextStep,
  sampleFact,
  settingsFor,
  ticked,
  ticksOf,
  tunnelFact,
  wayOf,
  when,
} from "./first-steps";
import { NO_TUNNEL } from "./tunnel";

const NONE: FirstFacts = { sample: null, key: null, tunnel: null, real: null, cloudflared: null };
const AT = new Date(2026, 10, 30, 9, 2, 43, 224).getTime();
const verified = (change = {}) => row(1, AT, { outcome: "verified", took_us: 2100, ...change });
const key = { project: 1, kind: "project", hint: "…9749", stored_in: "file", available: true, since_ms: AT } as const;

describe("the ticks", () => {
  it("come from facts alone, in any order, and the first without one is next", () => {
    expect(ticksOf(NONE, false)).toEqual({ sample: false, key: false, tunnel: false });
    const some = ticksOf({ ...NONE, key, tunnel: { provider: "ngrok", at_ms: AT } }, false);
    expect([ticked(some), nextStep(some)]).toEqual([2, "sample"]);
    const all = ticksOf({ ...NONE, key, sample: verified() }, true);
    expect([ticked(all), nextStep(all)]).toEqual([3, null]);
  });

  it("are looked at again only for a delivery that may change them", () => {
    expect(isNews(verified({ sandbox: true }), NONE)).toBe(true);
    expect(isNews(verified(), NONE)).toBe(true);
    expect(isNews(verified({ imported: true }), NONE)).toBe(false);
    expect(isNews(row(1, AT, { outcome: "rejected" }), NONE)).toBe(false);
    expect(isNews(verified({ sandbox: true }), { ...NONE, sample: verified() })).toBe(false);
    expect(isNews(verified(), { ...NONE, real: verified() })).toBe(false);
  });
});

describe("a fact", () => {
  it("names the second of today, and the day of another day", () => {
    expect(when(AT, AT + 60_000)).toBe("09:02:43");
    expect(when(AT, AT + 86_400_000)).toBe("2026-11-30 09:02:43");
  });

  it("of a sample counts from the click where that is known, and else says how long the answer took", () => {
    expect(sampleFact(verified(), AT - 224, AT)).toBe("arrived 09:02:43, 224\u00A0ms after the click");
    expect(sampleFact(verified(), null, AT)).toBe("arrived 09:02:43, answered in 2\u00A0ms");
    expect(sampleFact(verified({ took_us: null }), null, AT)).toBe("arrived 09:02:43");
    // The clock was set back between the two.
    expect(sampleFact(verified(), AT + 9000, AT)).toBe("arrived 09:02:43, answered in 2\u00A0ms");
  });

  it("of a key says since when only where that was noted", () => {
    expect(keyFact(key, AT)).toBe("project added 09:02:43");
    expect(keyFact({ ...key, kind: "secret", since_ms: null }, AT)).toBe("a secret is here");
  });

  it("of a tunnel tells one that is up from one that was", () => {
    const online: TunnelView = { ...NO_TUNNEL, state: { state: "online" }, since_ms: AT };
    expect(tunnelFact(NONE, online, AT)).toBe("online since 09:02:43");
    const facts = { ...NONE, tunnel: { provider: "cloudflared", at_ms: AT } as const };
    expect(tunnelFact(facts, NO_TUNNEL, AT)).toBe("first online 09:02:43");
  });
});

describe("the way to a tunnel", () => {
  const { settings } = fakeState();
  const at = (provider: typeof settings.tunnel.provider) => ({
    ...settings,
    tunnel: { ...settings.tunnel, provider },
  });
  const found: FirstFacts = { ...NONE, cloudflared: "/usr/bin/cloudflared" };
  const token: TunnelView = {
    ...NO_TUNNEL,
    ngrok_authtoken: { hint: "…a91f", from: "environment", passed_over: null },
  };

  it("is the one that was chosen, else what needs nothing more", () => {
    expect(wayOf(found, at("none"), token)?.provider).toBe("cloudflared");
    expect(wayOf(NONE, at("none"), token)?.provider).toBe("ngrok");
    expect(wayOf(found, at("ngrok"), token)?.provider).toBe("ngrok");
    expect(wayOf(found, at("ngrok"), NO_TUNNEL)).toBeNull();
    expect(wayOf(found, at("own"), NO_TUNNEL)?.with).toBe("https://ada-hooks.ngrok.app/");
    expect(wayOf(NONE, at("none"), NO_TUNNEL)).toBeNull();
    expect(wayOf(NONE, at("cloudflared"), NO_TUNNEL)).toBeNull();
  });

  it("has a secret path the first time, and is as it was set later", () => {
    const way = wayOf(found, at("none"), NO_TUNNEL);
    if (!way) throw new Error("there is one");
    const random = () => new Uint8Array(20);
    const first = settingsFor(way, at("none"), NO_TUNNEL, random);
    expect(first?.tunnel).toMatchObject({ provider: "cloudflared", path_token: "aaaaaaaaaaaaaaaaaaaa" });
    expect(settingsFor(way, at("cloudflared"), NO_TUNNEL, random)?.tunnel.path_token).toBeNull();
  });
});

it("a project's name is one that nobody has", () => {
  expect(freeName("Gemini", ["Default"])).toBe("Gemini");
  expect(freeName("Gemini", ["gemini", "Gemini 2"])).toBe("Gemini 3");
});
