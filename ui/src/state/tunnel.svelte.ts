import type { Backend, IpcError, ProbeView, Settings, TunnelView } from "../ipc";
import { asIpcError } from "../lib/errors";
import { NO_TUNNEL, publicOf, running } from "../lib/tunnel";
import type { SettingsState } from "./settings.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type TunnelCalls = Pick<Backend, "tunnel" | "tunnelAuthtokenSet" | "tunnelProbe" | "tunnelStart" | "tunnelStop">;

export type TunnelWork = "starting" | "stopping" | "saving" | "token";

/** The tunnel as the back end told it last, and what the user asks of it. */
export class Tunnel {
  view = $state.raw<TunnelView>(NO_TUNNEL);
  /** The dialog is open. */
  shown = $state(false);
  busy = $state<TunnelWork | null>(null);
  probing = $state(false);
  /** What the last thing that was asked for ended in; null where it went well. */
  error = $state.raw<IpcError | null>(null);
  /** Said of an address that changed, until somebody went to see. */
  notice = $state<string | null>(null);

  readonly #backend: TunnelCalls;
  readonly #toasts: Toasts;
  readonly #settings: Pick<SettingsState, "save">;
  readonly #goToWebhooks: () => void;
  /** Counts what was told: an answer that is older than a message does not undo it. */
  #told = 0;

  constructor(backend: TunnelCalls, toasts: Toasts, settings: Pick<SettingsState, "save">, goToWebhooks: () => void) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#settings = settings;
    this.#goToWebhooks = goToWebhooks;
  }

  /** The public address, while there is one. */
  get public(): string | null {
    return publicOf(this.view);
  }

  get online(): boolean {
    return this.view.state.state === "online";
  }

  /** Reads it once, at the start. A window without a tunnel is still a window: what went wrong is told, not thrown. */
  async load(): Promise<void> {
    try {
      await this.#answered(() => this.#backend.tunnel());
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  /** The back end tells how it stands. */
  apply(view: TunnelView): void {
    this.#told++;
    this.view = view;
  }

  /** The back end says that webhooks may point to an earlier address, also one of another day. */
  moved(message: string): void {
    this.notice = message;
    // The open dialog says it itself, and a toast would lie upon its buttons.
    if (this.shown) return;
    // It stays until it is put away: what points to the old address fails without a word.
    this.#toasts.show("warning", message, {
      lingerMs: 0,
      button: { label: "Show webhooks", run: () => this.showWebhooks() },
    });
  }

  showWebhooks(): void {
    this.shown = false;
    this.notice = null;
    this.#goToWebhooks();
  }

  async #answered(ask: () => Promise<TunnelView>): Promise<void> {
    const told = this.#told;
    const view = await ask();
    if (told === this.#told) this.view = view;
  }

  /** One thing at a time; what went wrong is for the dialog. */
  async #do(work: TunnelWork, what: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = work;
    this.error = null;
    try {
      await what();
      return true;
    } catch (thrown) {
      this.error = asIpcError(thrown);
      return false;
    } finally {
      this.busy = null;
    }
  }

  /**
   * Saves what the form holds and starts it; `token`: an authtoken that was typed. The back end restarts what runs
   * already where the settings ask for it, so it is not started a second time: a quick tunnel would get two addresses.
   */
  start(settings: Settings, token: string | null): Promise<boolean> {
    return this.#do("starting", async () => {
      await this.#keep(settings, token);
      await this.#answered(() => this.#backend.tunnel());
      if (!running(this.view.state) || this.view.provider !== settings.tunnel.provider)
        await this.#answered(() => this.#backend.tunnelStart());
    });
  }

  /** Saves without starting what does not run. */
  save(settings: Settings, token: string | null): Promise<boolean> {
    return this.#do("saving", () => this.#keep(settings, token));
  }

  /** The authtoken first: what the settings restart may need it. */
  async #keep(settings: Settings, token: string | null): Promise<void> {
    if (token !== null) await this.#answered(() => this.#backend.tunnelAuthtokenSet(token));
    await this.#settings.save(settings);
  }

  stop(): Promise<boolean> {
    return this.#do("stopping", () => this.#answered(() => this.#backend.tunnelStop()));
  }

  /** Stops, and remembers that there is to be none. */
  turnOff(settings: Settings): Promise<boolean> {
    return this.#do("stopping", async () => {
      await this.#answered(() => this.#backend.tunnelStop());
      await this.#settings.save(settings);
    });
  }

  /** Destroys the authtoken that is kept. */
  forgetToken(): Promise<boolean> {
    return this.#do("token", () => this.#answered(() => this.#backend.tunnelAuthtokenSet(null)));
  }

  async probe(): Promise<void> {
    if (this.probing) return;
    this.probing = true;
    this.error = null;
    try {
      const probe: ProbeView = await this.#backend.tunnelProbe();
      // The one that was told may be newer.
      if (probe.at_ms >= (this.view.probe?.at_ms ?? 0)) this.view = { ...this.view, probe };
    } catch (thrown) {
      this.error = asIpcError(thrown);
    } finally {
      this.probing = false;
    }
  }
}
