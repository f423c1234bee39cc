import type { Backend, EnvironmentKey, FirstFacts, IpcError, Live, Row, Tour, WebhookView } from "../ipc";
import { asIpcError } from "../lib/errors";
import { isNews, nextStep, ticked, ticksOf, type StepName, type Ticks } from "../lib/first-steps";
import { whenStill } from "../lib/when-still";
import type { Deliveries } from "./deliveries.svelte";
import type { DetailState } from "./detail.svelte";
import { FIRST_SAMPLE, type Samples } from "./samples.svelte";
import type { Screen } from "./screen.svelte";
import type { SettingsState } from "./settings.svelte";
import type { Toasts } from "./toasts.svelte";
import type { Tunnel } from "./tunnel.svelte";

/** What it asks of the back end. */
type FirstCalls = Pick<Backend, "environmentKeys" | "firstSteps" | "webhooks">;
/** What stands before it in the window. */
type Around = {
  toasts: Toasts;
  settings: Pick<SettingsState, "current" | "save">;
  deliveries: Pick<Deliveries, "active" | "loaded" | "total">;
  detail: Pick<DetailState, "close">;
  screen: Pick<Screen, "covering" | "go">;
  samples: Pick<Samples, "sent" | "attempt">;
  tunnel: Pick<Tunnel, "online">;
};

/** After news: what comes together is asked for once. */
const STILL_MS = 80;
const UNDO_MS = 10_000;

/** The first steps: ticked by what the back end knows to have happened, shown until they are done or put away. */
export class FirstSteps {
  /** Null until it was told. */
  facts = $state.raw<FirstFacts | null>(null);
  /** Why the facts could not be read. */
  error = $state.raw<IpcError | null>(null);
  /** Keys that the environment offers: masked. */
  environment = $state.raw<readonly EnvironmentKey[]>([]);
  /** A sample is on its way. */
  sending = $state(false);
  /** What the last sample ended in, where it did not arrive verified. */
  sampleError = $state.raw<IpcError | null>(null);
  /** The webhook of the step's project that points here, as it is known. */
  webhook = $state.raw<WebhookView | null>(null);
  /** They were over before the window opened. */
  #over = $state(false);
  readonly #backend: FirstCalls;
  readonly #around: Around;
  readonly #soon: () => void;
  /** Counts what was asked: an older answer does not undo a newer one. */
  #asked = 0;

  constructor(backend: FirstCalls, around: Around) {
    this.#backend = backend;
    this.#around = around;
    this.#soon = whenStill(() => void this.refresh(), STILL_MS);
  }

  get #wanted(): boolean {
    return this.#around.settings.current?.first_steps === "shown";
  }

  /** Until the facts are here, only an empty list says that somebody is new. */
  get shown(): boolean {
    if (!this.#wanted || this.#over) return false;
    return this.facts !== null || (this.#around.deliveries.loaded && this.#around.deliveries.total === 0);
  }

  get ticks(): Ticks {
    return this.facts === null
      ? { sample: false, key: false, tunnel: false }
      : ticksOf(this.facts, this.#around.tunnel.online);
  }

  get count(): number {
    return ticked(this.ticks);
  }

  /** The step to look at next; null where all are ticked. */
  get next(): StepName | null {
    return nextStep(this.ticks);
  }

  /** The first delivery of a real webhook, which is the end. */
  get real(): Row | null {
    return this.facts?.real ?? null;
  }

  /** When the button was clicked whose sample arrived first; null where that was in another session. */
  get clicked(): number | null {
    const id = this.facts?.sample?.message_id;
    return this.#around.samples.sent.find((one) => one.result.message_id === id)?.clicked ?? null;
  }

  /** Reads them once, at the start. Who is past them is not shown them again. */
  async begin(): Promise<void> {
    if (!this.#wanted) return;
    await this.refresh();
    if (this.facts?.real) {
      this.#over = true;
      await this.#keep("done");
    }
  }

  /** What happened may be another by now. */
  live(message: Live): void {
    if (!this.#wanted || this.#over) return;
    const { facts } = this;
    switch (message.kind) {
      case "rows":
        if (facts === null || message.added.some((row) => isNews(row, facts))) this.#soon();
        break;
      case "changed":
        if (facts === null || message.rows.some((row) => isNews(row, facts))) this.#soon();
        break;
      case "tunnel":
        if (message.tunnel.state.state === "online" && !facts?.tunnel) this.#soon();
        break;
      case "resync":
      case "removed":
      case "projects":
      case "webhooks":
        this.#soon();
    }
  }

  async refresh(): Promise<void> {
    const asked = ++this.#asked;
    try {
      const [facts, environment] = await Promise.all([this.#backend.firstSteps(), this.#backend.environmentKeys()]);
      if (asked !== this.#asked) return;
      this.facts = facts;
      this.environment = environment;
      this.error = null;
      if (facts.sample !== null) this.sampleError = null;
      this.webhook = facts.key?.kind === "project" ? await this.#ours(facts.key.project) : null;
    } catch (thrown) {
      if (asked === this.#asked) this.error = asIpcError(thrown);
    }
  }

  /** From the board as it was read last: nobody is asked. */
  async #ours(project: number): Promise<WebhookView | null> {
    const board = await this.#backend.webhooks(project);
    return board.webhooks.find((one) => one.place === "ours" && one.state === "enabled") ?? null;
  }

  /** What went wrong is told in the step. */
  async sendSample(): Promise<void> {
    this.sending = true;
    this.sampleError = null;
    const sent = await this.#around.samples.attempt(FIRST_SAMPLE);
    this.sending = false;
    if ("error" in sent) this.sampleError = sent.error;
    else await this.refresh();
  }

  /** Shows them, also where they were put away or are done. */
  async show(): Promise<void> {
    if (this.shown) this.open();
    else await this.bringBack();
  }

  /** In the place of a delivery, whatever is on the screen. */
  open(): void {
    const { screen, deliveries, detail } = this.#around;
    deliveries.active = null;
    detail.close();
    screen.go("deliveries");
    screen.covering = true;
  }

  /** Can be undone, and brought back at any later time. */
  async putAway(): Promise<void> {
    if (!(await this.#keep("put_away"))) return;
    this.#around.screen.covering = false;
    this.#around.toasts.show("info", "First steps put away. They can be brought back under Settings, About.", {
      lingerMs: UNDO_MS,
      button: { label: "Undo", run: () => void this.bringBack() },
    });
  }

  async bringBack(): Promise<void> {
    if (!(await this.#keep("shown"))) return;
    this.#over = false;
    this.open();
    await this.refresh();
  }

  /** The end has been read. */
  async finish(): Promise<void> {
    this.#around.screen.covering = false;
    await this.#keep("done");
  }

  async #keep(first_steps: Tour): Promise<boolean> {
    const { settings, toasts } = this.#around;
    if (!settings.current) return false;
    try {
      await settings.save({ ...settings.current, first_steps });
      return true;
    } catch (thrown) {
      toasts.failed(thrown);
      return false;
    }
  }
}
