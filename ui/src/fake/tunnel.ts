import type { Authtoken, ProbeView, TunnelProvider, TunnelSettings, TunnelState, TunnelView } from "../ipc";
import { refused } from "./refused";
import { FakeRotating } from "./rotating";

const ADDED: Partial<Record<TunnelProvider, string[]>> = {
  ngrok: ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"],
  cloudflared: [
    "cdn-loop",
    "cf-connecting-ip",
    "cf-ipcountry",
    "cf-ray",
    "cf-visitor",
    "cf-warp-tag-id",
    "x-forwarded-for",
    "x-forwarded-proto",
  ],
  own: ["x-forwarded-for", "x-forwarded-proto"],
};
const MISSING: TunnelState = {
  state: "failed",
  code: "cloudflared_missing",
  message:
    "cloudflared was not found on the PATH. Install it (on macOS: brew install cloudflared; on Debian: from Cloudflare's package repository), or give its path.",
  detail: "No such file or directory (os error 2)",
};
const NO_TOKEN: TunnelState = {
  state: "failed",
  code: "ngrok_authtoken_wrong",
  message: "ngrok does not take this authtoken. Copy it again from dashboard.ngrok.com, under Your Authtoken.",
  detail:
    "The authtoken you specified does not look like a proper ngrok tunnel authtoken.\nYour authtoken: …\nERR_NGROK_105",
};

/** A tunnel that leads nowhere, with the states of a real one. */
export abstract class FakeTunnel extends FakeRotating {
  tunnelView: TunnelView = {
    provider: "none",
    state: { state: "off" },
    public: null,
    since_ms: 0,
    latency_ms: null,
    probe: null,
    stray: 0,
    too_many: 0,
    ngrok_authtoken: null,
  };
  /** ms that starting and probing take. */
  tunnelTakes = { start: 900, probe: 600 };
  /** What a probe finds. */
  probeFinds = "ok";
  /** The quick tunnel gets another name at every start. */
  #starts = 0;
  /** The end of the authtoken in NGROK_AUTHTOKEN. */
  tunnelVariable: string | null = null;
  /** The public address that was last in use. */
  #last: string | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  tellTunnel(change: Partial<TunnelView>): TunnelView {
    const since = change.state ? { since_ms: Date.now() } : {};
    this.tunnelView = { ...this.tunnelView, ...since, ...change };
    const { public: now, state } = this.tunnelView;
    if (now !== null && state.state === "online") {
      if (this.#last !== null && this.#last !== now)
        this.tell({
          kind: "notice",
          notice: {
            level: "info",
            code: "public_address_changed",
            message: `The public address is now ${now}. Webhooks may still point to ${this.#last}: Webhooks shows and repairs them.`,
          },
        });
      this.#last = now;
    }
    this.tell({ kind: "tunnel", tunnel: this.tunnelView });
    return this.tunnelView;
  }

  /** The address that the settings lead to, with the path token. */
  tunnelAddress(): string {
    const { tunnel, public_address } = this.state.settings;
    const words = ["four-dashed-word-url", "other-dashed-word-name", "third-time-another-one"][this.#starts % 3];
    const base =
      tunnel.provider === "ngrok"
        ? `https://${tunnel.ngrok_domain ?? "ada-hooks.ngrok.app"}/`
        : tunnel.provider === "own"
          ? (public_address ?? "")
          : `https://${words}.trycloudflare.com/`;
    return tunnel.path_token === null ? base : `${base}${tunnel.path_token}/`;
  }

  #probe(): ProbeView {
    const result = this.probeFinds;
    const messages: Record<string, string> = {
      ok: "What was sent through the public address came back here byte for byte.",
      body_changed:
        "65,536 bytes were sent and 65,538 came: something on the way reads and writes the body. Look for a filter that decodes or replaces text, and pass the raw bytes on.",
      foreign_answer:
        "ngrok answered with its own page ERR_NGROK_3200 (endpoint offline). Wait half a minute and probe again; if it stays, stop the tunnel and start it.",
    };
    const ok = result === "ok";
    return {
      at_ms: Date.now(),
      result,
      message: messages[result] ?? "The public address could not be reached.",
      took_ms: ok || result === "body_changed" ? 187 : null,
      added: result === "foreign_answer" ? [] : (ADDED[this.tunnelView.provider] ?? []),
      dropped: [],
      changed: result === "body_changed" ? ["content-length", "content-type"] : [],
      status: result === "foreign_answer" ? 404 : 200,
    };
  }

  #goesOnline(): void {
    this.tellTunnel({
      state: { state: "online" },
      public: this.tunnelAddress(),
      latency_ms: this.tunnelView.provider === "ngrok" ? 38 : null,
    });
    this.#after(this.tunnelTakes.probe, () => this.tellTunnel({ probe: this.#probe() }));
  }

  #after(ms: number, run: () => void): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(run, ms);
  }

  /** What the provider of the settings ends in. */
  #failure(): TunnelState | null {
    const { provider, cloudflared_path } = this.state.settings.tunnel;
    if (provider === "cloudflared" && cloudflared_path?.includes("nowhere")) return MISSING;
    if (provider === "ngrok" && this.tunnelView.ngrok_authtoken?.hint === "…rong") return NO_TOKEN;
    return null;
  }

  tunnel = () => this.answer("tunnel", () => this.tunnelView);

  tunnelStart = () => this.answer("tunnelStart", () => this.#begin());

  /** Settings were stored: what runs follows them. */
  tunnelFollows(before: TunnelSettings): void {
    const { state } = this.tunnelView;
    const now = this.state.settings.tunnel;
    if (state.state === "off" || state.state === "failed") return;
    if (before.provider !== now.provider) {
      if (now.provider !== "none") this.#begin();
    } else if (state.state === "online") this.tellTunnel({ public: this.tunnelAddress() });
  }

  #begin(): TunnelView {
    const { provider } = this.state.settings.tunnel;
    if (provider === "none")
      throw refused(
        "tunnel_none",
        "No tunnel is chosen. Choose how the listener is reached from the internet, then start it.",
      );
    this.#starts++;
    const failure = this.#failure();
    this.#after(this.tunnelTakes.start, () =>
      failure ? this.tellTunnel({ state: failure, public: null }) : this.#goesOnline(),
    );
    return this.tellTunnel({
      provider,
      state: { state: "starting" },
      public: null,
      latency_ms: null,
      probe: null,
      stray: 0,
      too_many: 0,
    });
  }

  tunnelStop = () =>
    this.answer("tunnelStop", () => {
      if (this.#timer) clearTimeout(this.#timer);
      return this.tellTunnel({ state: { state: "off" }, public: null, latency_ms: null, probe: null });
    });

  tunnelProbe = async () => {
    await new Promise((resolve) => setTimeout(resolve, this.tunnelTakes.probe));
    return this.answer("tunnelProbe", () => {
      const probe = this.#probe();
      this.tellTunnel({ probe });
      return probe;
    });
  };

  tunnelAuthtokenSet = (token: string | null) =>
    this.answer("tunnelAuthtokenSet", () =>
      this.tellTunnel({ ngrok_authtoken: this.#authtoken(token === null ? null : `…${token.slice(-4)}`) }),
    );

  /** The one that is used: the kept one, otherwise that of the variable. */
  #authtoken(kept: string | null): Authtoken | null {
    const variable = this.tunnelVariable;
    if (kept !== null) return { hint: kept, from: "kept", passed_over: variable };
    return variable === null ? null : { hint: variable, from: "environment", passed_over: null };
  }

  /** The connection is lost, and made again. */
  cutTunnel(ms: number): void {
    this.tellTunnel({
      state: {
        state: "reconnecting",
        why: "ngrok did not answer two heartbeats in a row.",
        next_ms: Date.now() + ms,
        attempt: 3,
      },
      latency_ms: null,
    });
    this.#after(ms, () => this.#goesOnline());
  }

  /** `off|starting|online|reconnecting|failed|changed|stray|probe-bad`: how the tunnel is to be found. */
  tunnelScene(scene: string, provider: TunnelProvider | null = null): void {
    const now = Date.now();
    const chosen = provider ?? (scene === "failed" ? "cloudflared" : "ngrok");
    const settings = this.state.settings;
    settings.tunnel.provider = scene === "off" ? (provider ?? "none") : chosen;
    if (scene === "stray") settings.tunnel.path_token = "k4q9v2x7mzr3hd6w5tna";
    this.tunnelView = {
      ...this.tunnelView,
      provider: settings.tunnel.provider,
      ngrok_authtoken: this.#authtoken("…a91f"),
      since_ms: now - 754_000,
    };
    if (scene === "off") return;
    if (scene === "starting")
      this.tunnelView = { ...this.tunnelView, state: { state: "starting" }, since_ms: now - 2000 };
    else if (scene === "failed")
      this.tunnelView = {
        ...this.tunnelView,
        state: chosen === "cloudflared" ? MISSING : NO_TOKEN,
        since_ms: now - 9000,
      };
    else {
      if (scene === "probe-bad") this.probeFinds = "body_changed";
      this.tunnelView = {
        ...this.tunnelView,
        state: { state: "online" },
        public: this.tunnelAddress(),
        latency_ms: chosen === "ngrok" ? 38 : null,
        probe: { ...this.#probe(), at_ms: now - 8000 },
      };
    }
    this.#last = this.tunnelView.public;
    if (scene === "stray") this.tunnelView = { ...this.tunnelView, stray: 12, too_many: 3 };
    if (scene === "reconnecting")
      this.tunnelView = {
        ...this.tunnelView,
        state: {
          state: "reconnecting",
          why: "ngrok did not answer two heartbeats in a row.",
          next_ms: now + 7000,
          attempt: 3,
        },
        latency_ms: null,
        since_ms: now - 31_000,
      };
    if (scene === "changed") this.#after(300, () => this.tellTunnel({ public: "https://another-name.ngrok.app/" }));
  }
}
