import type { Backend, SampleRequest, SampleSent } from "../ipc";
import { took } from "../lib/format";
import type { Toasts } from "./toasts.svelte";

export type Sent = { at: number; request: SampleRequest; label: string; result: SampleSent };
export const FIRST_SAMPLE: SampleRequest = { event_type: "batch.succeeded", variant: null, scheme: "v1", broken: null };
const MOST = 50;

/** Sends samples and remembers what was sent and how it was answered. */
export class Samples {
  sent = $state.raw<readonly Sent[]>([]);
  busy = $state(0);
  /** What the bar's button and its key send: the last one that was not broken on purpose. */
  last = $state.raw<SampleRequest>(FIRST_SAMPLE);

  readonly #backend: Backend;
  readonly #toasts: Toasts;

  constructor(backend: Backend, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
  }

  async send(request: SampleRequest, label: string = request.event_type): Promise<Sent | null> {
    if (request.broken === null) this.last = request;
    this.busy++;
    try {
      const result = await this.#backend.sampleSend(request);
      const sent: Sent = { at: Date.now(), request, label, result };
      this.sent = [sent, ...this.sent].slice(0, MOST);
      return sent;
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return null;
    } finally {
      this.busy--;
    }
  }
}

/** `answered 401 in 2 ms` */
export function answered(result: SampleSent): string {
  return `answered ${result.status} in ${took(result.took_us)}`;
}
