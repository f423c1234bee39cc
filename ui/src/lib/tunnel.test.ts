import { describe, expect, it } from "vitest";
import type { ProbeView, TunnelState, TunnelView } from "../ipc/generated";
import { ruleFor } from "./errors";
import {
  exposure,
  nextTry,
  NO_TUNNEL,
  pillWords,
  probeFacts,
  probeHeaders,
  probeMark,
  publicOf,
  running,
  stateWords,
  turnedAway,
} from "./tunnel";
import { nginxServer, tailscaleOn } from "./tunnel-howto";

const NOW = 1_800_000_000_000;
const PUBLIC = "https://ada-hooks.ngrok.app/";
const view = (state: TunnelState, rest: Partial<TunnelView> = {}): TunnelView => ({
  ...NO_TUNNEL,
  provider: "ngrok",
  state,
  public: PUBLIC,
  since_ms: NOW - 754_000,
  ...rest,
});
const probe = (rest: Partial<ProbeView> = {}): ProbeView => ({
  at_ms: NOW - 8000,
  result: "ok",
  message: "Byte for byte.",
  took_ms: 187,
  added: [],
  dropped: [],
  changed: [],
  status: 200,
  ...rest,
});
const FAILED: TunnelState = {
  state: "failed",
  code: "cloudflared_missing",
  message: "Not found.",
  detail: "os error 2",
};
const lost = (next_ms: number | null): TunnelState => ({
  state: "reconnecting",
  why: "A heartbeat was missed.",
  next_ms,
  attempt: 3,
});

describe("the pill", () => {
  it.each<[string, TunnelView, string, string]>([
    ["off", view({ state: "off" }), "un", "Tunnel off"],
    ["starting", view({ state: "starting" }), "warn", "ngrok starting…"],
    ["online", view({ state: "online" }, { latency_ms: 38 }), "ok", `ngrok ${PUBLIC} 38\u00A0ms`],
    ["online, latency unknown", view({ state: "online" }, { provider: "own" }), "ok", `Own address ${PUBLIC}`],
    [
      "online, a good probe",
      view({ state: "online" }, { latency_ms: 38, probe: probe() }),
      "ok",
      `ngrok ${PUBLIC} 38\u00A0ms`,
    ],
    [
      "online, yet bodies are changed",
      view({ state: "online" }, { latency_ms: 38, probe: probe({ result: "body_changed" }) }),
      "no",
      `ngrok ${PUBLIC} changes bodies`,
    ],
    [
      "online, a result nobody knows",
      view({ state: "online" }, { probe: probe({ result: "half_way" }) }),
      "warn",
      `ngrok ${PUBLIC} half way`,
    ],
    ["waiting", view(lost(NOW + 3400)), "warn", "ngrok reconnecting, next attempt in 4\u00A0s"],
    ["trying", view(lost(null)), "warn", "ngrok reconnecting, trying now"],
    ["failed", view(FAILED, { provider: "cloudflared", public: null }), "no", "cloudflared failed: not installed"],
    [
      "failed, for a reason that is no provider's",
      view({ ...FAILED, code: "vault_failed" }),
      "no",
      "ngrok failed: secrets cannot be read",
    ],
  ])("%s", (_name, of, tone, text) => {
    const words = pillWords(of, NOW);
    expect([words.tone, [words.lead, words.address, words.tail].filter(Boolean).join(" ")]).toEqual([tone, text]);
  });

  it("counts down to 1 s, then tries", () => {
    expect([4000, 3999, 1, 0, -5].map((left) => nextTry(NOW + left, NOW))).toEqual([
      "next attempt in 4\u00A0s",
      "next attempt in 4\u00A0s",
      "next attempt in 1\u00A0s",
      "trying now",
      "trying now",
    ]);
  });
});

it("an address is there while it can be used or comes back, and something runs while it can be stopped", () => {
  const states: TunnelState[] = [{ state: "off" }, { state: "starting" }, { state: "online" }, lost(null), FAILED];
  expect(states.map((state) => publicOf(view(state)))).toEqual([null, null, PUBLIC, PUBLIC, null]);
  expect(states.map(running)).toEqual([false, true, true, true, false]);
});

it("the state in full says what was lost, and hands on what the provider said", () => {
  expect(stateWords(view({ state: "online" }, { latency_ms: 38 }), NOW).head).toBe(
    "Online for 12\u00A0min, 38\u00A0ms to ngrok",
  );
  expect(stateWords(view(lost(NOW + 4000), { since_ms: NOW - 31_000 }), NOW)).toMatchObject({
    head: "ngrok is reconnecting, next attempt in 4\u00A0s",
    said: "A heartbeat was missed.",
    then: expect.stringContaining("Attempt 3 since the connection was lost 31\u00A0s ago"),
  });
  expect(stateWords(view(FAILED, { provider: "cloudflared" }), NOW)).toMatchObject({
    tone: "no",
    said: "Not found.",
    detail: "os error 2",
  });
});

it("the probe: facts, headers that were touched, and nothing but ok is good", () => {
  expect(probeFacts(probe(), NOW)).toBe("187\u00A0ms round trip · 8\u00A0s ago");
  expect(probeFacts(probe({ result: "foreign_answer", took_ms: null, status: 404, at_ms: NOW }), NOW)).toBe(
    "status 404 · just now",
  );
  expect(probeHeaders(probe({ added: ["cf-ray"], changed: ["accept", "te"] }))).toEqual([
    { label: "Added", names: ["cf-ray"] },
    { label: "Changed", names: ["accept", "te"] },
  ]);
  expect(
    ["ok", "body_changed", "foreign_answer", "tls_failed", "unreachable", "timed_out", "new_one"].map(
      (result) => probeMark(result).tone === "ok",
    ),
  ).toEqual([true, false, false, false, false, false, false]);
});

it("what was turned away is told only where there was something", () => {
  expect(turnedAway({ stray: 0, too_many: 0 })).toBe("");
  expect(turnedAway({ stray: 1, too_many: 0 })).toBe("1 stray answered 404");
  expect(turnedAway({ stray: 12, too_many: 3 })).toBe("12 strays answered 404 · 3 over the rate answered 429");
  expect(exposure(4710, false)).toBe(
    "Anyone who knows the address can send requests to the listener on port 4710. Nothing else on this machine becomes public.",
  );
  expect(exposure(null, true)).toContain("with its secret path can send requests to the listener.");
});

it("errors of a provider lead to the public address", () => {
  expect(ruleFor("ngrok_sessions").action).toBe("tunnel");
  expect(ruleFor("cloudflared_missing").action).toBe("tunnel");
});

it("the how-to fits the port and the address", () => {
  expect(tailscaleOn(4711)).toBe("tailscale funnel --bg --yes 4711");
  const plain = nginxServer("https://hooks.example.org/", 4711);
  for (const line of [
    "listen 443 ssl;",
    "server_name hooks.example.org;",
    "proxy_pass http://127.0.0.1:4711;",
    "proxy_request_buffering off;",
    "proxy_http_version 1.1;",
    "proxy_set_header Host $host;",
    "client_max_body_size 0;",
  ])
    expect(plain).toContain(line);
  const under = nginxServer("https://a.example:8443/in", 4710);
  expect(under).toContain("listen 8443 ssl;");
  expect(under).toContain("location /in/ {");
  expect(under).toContain("proxy_pass http://127.0.0.1:4710/;");
  expect(nginxServer("not yet", 4710)).toContain("server_name hooks.example.com;");
});
