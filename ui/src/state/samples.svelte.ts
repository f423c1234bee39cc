import type { Backend, IpcError, SampleRequest, SampleSent } from "../ipc";
import { asIpcError } from "../lib/errors";
import { took } from "../lib/format";
import type { Screen } from "./screen.svelte";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type SampleCalls = Pick<Backend, "sampleSend">;

/** `clicked`: when it was asked for; `at`: when it was answered. */
export type Sent = { clicked: number; at: number; request: SampleRequest; label: string; result: SampleSent };
export const FIRST_SAMPLE: SampleRequest = { event_type: "batch.succeeded", variant: null, scheme: "v1", broken: null };
const MOST = 50;

/** Sends samples and remembers what was sent and how it was answered. */
export class Samples {
  sent = $state.raw<readonly Sent[]>([]);
  busy = $state(0);
  /** What the bar's button and its key send: the last one that was not broken on purpose. */
  last = $state.raw<SampleRequest>(FIRST_SAMPLE);

  readonly #backend: SampleCalls;
  readonly #toasts: Toasts;
  readonly #screen: Pick<Screen, "view">;

  constructor(backend: SampleCalls, toasts: Toasts, screen: Pick<Screen, "view">) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#screen = screen;
  }

  /** Sends one; where its delivery cannot be seen arriving, says how it went. */
  async sendAndTell(request: SampleRequest, label?: string): Promise<void> {
    const sent = await this.send(request, label);
    const { view } = this.#screen;
    if (sent && view !== "deliveries" && view !== "sandbox")
      this.#toasts.info(`${sent.label} sent, ${answered(sent.result)}.`);
  }

  /** What went wrong is told in a toast. */
  async send(request: SampleRequest, label?: string): Promise<Sent | null> {
    const sent = await this.attempt(request, label);
    if (!("error" in sent)) return sent;
    this.#toasts.failed(sent.error);
    return null;
  }

  /** The same for who tells it where it was asked for. */
  async attempt(request: SampleRequest, label: string = request.event_type): Promise<Sent | { error: IpcError }> {
    if (request.broken === null) this.last = request;
    this.busy++;
    const clicked = Date.now();
    try {
      const result = await this.#backend.sampleSend(request);
      const sent: Sent = { clicked, at: Date.now(), request, label, result };
      this.sent = [sent, ...this.sent].slice(0, MOST);
      return sent;
    } catch (thrown) {
      return { error: asIpcError(thrown) };
    } finally {
      this.busy--;
    }
  }
}

/** `answered 401 in 2 ms` */
export function answered(result: SampleSent): string {
  return `answered ${result.status} in ${took(result.took_us)}`;
}
