import type { Backend, IpcError, Place, Rotation, WebhookView } from "../ipc";
import { asIpcError } from "../lib/errors";
import { FreshSecret, type SecretStand, type FreshSecretCalls } from "./fresh-secret.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type RotationCalls = Pick<
  Backend,
  "placeAdd" | "placeRemove" | "placeTick" | "rotation" | "webhookRotate" | "webhooksRefresh"
> &
  FreshSecretCalls;

const APART_MS = 1000;
const EVERY_MS = 30_000;
const UNDO_MS = 10_000;

export type RotateMode = "keep" | "now";
/** What a second look found, after a rotation whose outcome is not known. */
export type Found = "rotated" | "as_before" | "no_answer";

/** One webhook's secrets on the screen: read at most once a second, rotated, and their places ticked off. */
export class RotationState {
  data = $state.raw<Rotation | null>(null);
  /** Why it could not be read; what stands in `data` is then older. */
  error = $state.raw<IpcError | null>(null);
  /** The picture stands as a table below it. */
  tableShown = $state(false);
  /** The webhook that is to be rotated; null while the dialog is closed. */
  asked = $state.raw<WebhookView | null>(null);
  mode = $state<RotateMode>("keep");
  /** It is asked for to end an older secret, not for a new one. */
  revoking = $state(false);
  running = $state(false);
  failure = $state.raw<IpcError | null>(null);
  found = $state<Found | null>(null);
  /** What is done with the secret that comes back. */
  readonly fresh: FreshSecret;

  readonly #backend: RotationCalls;
  readonly #toasts: Toasts;
  #of: { project: number; id: string } | null = null;
  #askedOf: number | null = null;
  #reading = false;
  #again = false;
  #readMs = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(backend: RotationCalls, toasts: Toasts, stand?: SecretStand) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.fresh = new FreshSecret(backend, stand);
  }

  /** Reads a webhook's secrets and keeps them fresh, until the answer is called. */
  show(project: number, id: string): () => void {
    this.#of = { project, id };
    this.data = null;
    this.error = null;
    this.#readMs = 0;
    void this.refresh();
    const timer = setInterval(() => void this.refresh(), EVERY_MS);
    return () => {
      clearInterval(timer);
      if (this.#timer) clearTimeout(this.#timer);
      this.#timer = null;
      this.#of = null;
    };
  }

  /** Something about a project's webhooks has changed. */
  changed(project: number): void {
    if (this.#of?.project !== project || this.#timer) return;
    const left = this.#readMs + APART_MS - Date.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        void this.refresh();
      },
      Math.max(0, left),
    );
  }

  /** One reading at a time, and one more for all that was asked meanwhile. */
  async refresh(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    const of = this.#of;
    if (!of) return;
    this.#reading = true;
    this.#readMs = Date.now();
    try {
      const data = await this.#backend.rotation(of.project, of.id);
      if (of === this.#of) {
        this.data = data;
        this.error = null;
      }
    } catch (thrown) {
      if (of === this.#of) this.error = asIpcError(thrown);
    }
    this.#reading = false;
    const again = this.#again || of !== this.#of;
    this.#again = false;
    if (!again || !this.#of) return;
    // What was asked for while another webhook was read is read at once.
    if (of !== this.#of) await this.refresh();
    else this.changed(this.#of.project);
  }

  /** Opens the dialog. */
  ask(webhook: WebhookView, project: number | undefined, mode: RotateMode = "keep"): void {
    if (this.running || project === undefined) return;
    this.#askedOf = project;
    this.asked = webhook;
    this.mode = mode;
    this.revoking = mode === "now";
    this.failure = null;
    this.found = null;
    if (this.#of?.id === webhook.id) void this.refresh();
  }

  cancel(): void {
    if (this.running) return;
    this.asked = null;
    this.failure = null;
    this.found = null;
  }

  async rotate(): Promise<void> {
    const webhook = this.asked;
    const project = this.#askedOf;
    if (!webhook || project === null || this.running) return;
    this.running = true;
    try {
      const { secret } = await this.#backend.webhookRotate(project, webhook.id, this.mode === "now");
      this.asked = null;
      this.failure = null;
      this.fresh.present(secret);
    } catch (thrown) {
      this.failure = asIpcError(thrown);
    }
    this.found = null;
    this.running = false;
    await this.refresh();
  }

  /** Asks the service how things stand, after a rotation whose outcome is not known. */
  async lookAgain(): Promise<void> {
    const webhook = this.asked;
    const project = this.#askedOf;
    if (!webhook || project === null || this.running) return;
    const before = currentHint(webhook);
    this.running = true;
    try {
      const board = await this.#backend.webhooksRefresh(project);
      const now = board.webhooks.find((one) => one.id === webhook.id);
      this.found = board.error || !now ? "no_answer" : currentHint(now) === before ? "as_before" : "rotated";
    } catch {
      this.found = "no_answer";
    }
    this.running = false;
    await this.refresh();
  }

  #setPlaces(places: Place[]): void {
    if (this.data) this.data = { ...this.data, places };
  }

  /** True when it stands on the list. */
  async addPlace(text: string): Promise<boolean> {
    const of = this.#of;
    const note = text.trim();
    if (!of || note === "") return false;
    try {
      const places = await this.#backend.placeAdd(of.project, of.id, note);
      if (of === this.#of) this.#setPlaces(places);
      return true;
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return false;
    }
  }

  async tickPlace(place: Place, done: boolean): Promise<void> {
    const of = this.#of;
    try {
      const places = await this.#backend.placeTick(place.id, done);
      if (of === this.#of) this.#setPlaces(places);
    } catch (thrown) {
      this.#toasts.failed(thrown);
      await this.refresh();
    }
  }

  async removePlace(place: Place): Promise<void> {
    const of = this.#of;
    if (!of) return;
    try {
      const places = await this.#backend.placeRemove(place.id);
      if (of === this.#of) this.#setPlaces(places);
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return;
    }
    this.#toasts.show("info", `“${place.text}” removed.`, {
      lingerMs: UNDO_MS,
      button: { label: "Undo", run: () => void this.#putBack(of, place) },
    });
  }

  async #putBack(of: { project: number; id: string }, place: Place): Promise<void> {
    try {
      let places = await this.#backend.placeAdd(of.project, of.id, place.text);
      const back = places.findLast((one) => one.text === place.text);
      if (place.done && back) places = await this.#backend.placeTick(back.id, true);
      if (this.#of?.id === of.id && this.#of.project === of.project) this.#setPlaces(places);
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }
}

function currentHint(webhook: WebhookView): string | undefined {
  return webhook.secrets.find((secret) => secret.state === "current")?.hint;
}
