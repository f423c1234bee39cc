import type { FirstFacts, FirstKey, FirstTunnel, Row, SampleRequest, SampleSent, TunnelView } from "../ipc";
import { FakeSearched } from "./searched";

/** The facts of the first steps, in memory, with the rules of the real ones. */
export abstract class FakeFirstSteps extends FakeSearched {
  abstract sampleSend: (request: SampleRequest) => Promise<SampleSent>;

  /** Where cloudflared is found. */
  cloudflared: string | null = "/usr/local/bin/cloudflared";
  /** The first time that the tunnel was online. */
  tunnelFirst: FirstTunnel | null = null;

  override tellTunnel(change: Partial<TunnelView>): TunnelView {
    const view = super.tellTunnel(change);
    if (view.state.state === "online") this.tunnelFirst ??= { provider: view.provider, at_ms: view.since_ms };
    return view;
  }

  firstSteps = () =>
    this.answer("firstSteps", (): FirstFacts => ({
      sample: this.#firstVerified(true),
      key: this.#firstKey(),
      tunnel: this.tunnelFirst,
      real: this.#firstVerified(false),
      cloudflared: this.cloudflared,
    }));

  #firstVerified(sandbox: boolean): Row | null {
    return this.rows.find((row) => row.outcome === "verified" && row.sandbox === sandbox && !row.imported) ?? null;
  }

  #firstKey(): FirstKey | null {
    const own = this.state.projects.filter((one) => !one.sandbox);
    const project = own.find((one) => one.api_key?.available) ?? own.find((one) => one.api_key !== null);
    if (project?.api_key) {
      const added = this.actionList.find((one) => one.what === "project.add" && one.target === project.name);
      return { project: project.id, kind: "project", since_ms: added?.at_ms ?? null, ...project.api_key };
    }
    const secret = this.secretList.find((one) => own.some(({ id }) => id === one.project) && one.destroyed_ms === null);
    if (!secret) return null;
    const { hint, stored_in, available, added_ms } = secret;
    return { project: secret.project, kind: "secret", hint, stored_in, available, since_ms: added_ms };
  }

  /**
   * A user who has just installed Pollux: one project without a key, no secret. `steps`: `fresh`, `sample`, `two`,
   * `three`, `done`.
   */
  firstScene(scene: string | null): void {
    if (scene === null) return;
    this.state.settings.first_steps = "shown";
    this.state.settings.public_address = null;
    const [first, , sandbox] = this.state.projects;
    if (!first || !sandbox) return;
    const { path, base_url, api_version } = first;
    const bare = { id: 1, name: "Default", sandbox: false, path, base_url, api_version, api_key: null };
    this.state.projects = [sandbox, bare];
    this.secretList = this.secretList.filter((one) => one.builtin);
    this.actionList = [];
    this.environment = [{ name: "GEMINI_API_KEY", hint: "…9749" }];
    this.rows = [];
    this.tunnelView = { ...this.tunnelView, provider: "none", state: { state: "off" }, public: null, probe: null };
    this.tunnelView.ngrok_authtoken = null;
    this.state.settings.tunnel.provider = "none";
    const at = ["fresh", "sample", "two", "three", "done"].indexOf(scene);
    if (at >= 1) void this.sampleSend({ event_type: "batch.succeeded", variant: null, scheme: "v1", broken: null });
    if (at >= 2) void this.projectAdd(KEYED);
    if (at >= 3) {
      this.tunnelScene("online", "cloudflared");
      this.tunnelFirst = { provider: "cloudflared", at_ms: this.tunnelView.since_ms };
    }
    const [sample] = this.rows;
    if (at >= 4 && sample)
      this.rows = [...this.rows, { ...sample, id: 2, project: 4, sandbox: false, message_id: "msg_7c1d4e219a3b" }];
  }
}

const KEYED = {
  name: "nightly-eval",
  path: "nightly-eval",
  base_url: null,
  api_version: "v1",
  api_key: { from: "environment", name: "GEMINI_API_KEY" },
} as const;
