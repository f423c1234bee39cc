import type { Backend, ListenerState } from "../ipc";
import type { Toasts } from "./toasts.svelte";

/** The listener as the back end told it last. */
export class Listening {
  listener = $state.raw<ListenerState>({ state: "starting" });
  readonly #backend: Pick<Backend, "listenerStart">;
  readonly #toasts: Toasts;

  constructor(backend: Pick<Backend, "listenerStart">, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
  }

  get ready(): boolean {
    return this.listener.state === "listening";
  }

  /** Null while Pollux is not listening. */
  get address(): string | null {
    return this.listener.state === "listening" ? this.listener.address : null;
  }

  /** Null while Pollux is not listening. */
  get port(): number | null {
    return this.listener.state === "listening" ? this.listener.port : null;
  }

  /** Listens on this port, or on any free one; null where that could not be asked for, which was told. */
  async start(port: number | null): Promise<ListenerState | null> {
    try {
      this.listener = await this.#backend.listenerStart(port);
      return this.listener;
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return null;
    }
  }
}
