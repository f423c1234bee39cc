import type { Backend } from "../ipc";
import { asIpcError } from "../lib/errors";
import type { Ping } from "../lib/webhooks";

/** What it asks of the back end. */
export type PingCalls = Pick<Backend, "webhookPing">;

/** Round trips: asked for at the service, and waited for here. */
export class Pings {
  /** By webhook id. */
  list = $state.raw<ReadonlyMap<string, Ping>>(new Map());
  readonly #backend: PingCalls;

  constructor(backend: PingCalls) {
    this.#backend = backend;
  }

  of(webhook: string): Ping | undefined {
    return this.list.get(webhook);
  }

  async ask(project: number, webhook: string): Promise<void> {
    if (this.of(webhook)?.state === "waiting") return;
    this.#set(webhook, { state: "waiting", since: Date.now() });
    try {
      this.#set(webhook, { state: "done", result: await this.#backend.webhookPing(project, webhook) });
    } catch (thrown) {
      const { message, detail } = asIpcError(thrown);
      this.#set(webhook, { state: "failed", message, detail });
    }
  }

  /** What was found out no longer holds. */
  forget(webhook: string): void {
    if (this.of(webhook)?.state === "waiting") return;
    const left = new Map(this.list);
    left.delete(webhook);
    this.list = left;
  }

  #set(webhook: string, ping: Ping): void {
    this.list = new Map(this.list).set(webhook, ping);
  }
}
