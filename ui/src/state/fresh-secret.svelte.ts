import type { Backend, IpcError, NewSecret } from "../ipc";
import { asIpcError, isGone } from "../lib/errors";

/** What it asks of the back end. */
export type FreshSecretCalls = Pick<Backend, "copySecret" | "secretLetGo" | "secretStoreAgain">;

const CLEARED_MS = 60_000;

/** Where a secret that was just made is shown, after a creation as after a rotation. */
export type SecretStand = { shown: NewSecret | null };

class OwnStand implements SecretStand {
  shown = $state.raw<NewSecret | null>(null);
}

/** A secret that the service has just made, and never shows again: on the screen until it is kept somewhere. */
export class FreshSecret {
  /** It is being stored again, or let go. */
  storing = $state(false);
  /** Why storing, copying or letting it go went wrong. */
  failure = $state.raw<IpcError | null>(null);
  /** When the clipboard was given it; it leaves it again. */
  copiedMs = $state<number | null>(null);

  readonly #backend: FreshSecretCalls;
  readonly #stand: SecretStand;

  constructor(backend: FreshSecretCalls, stand: SecretStand = new OwnStand()) {
    this.#backend = backend;
    this.#stand = stand;
  }

  /** The secret that was just made, while it stands on the screen. */
  get shown(): NewSecret | null {
    return this.#stand.shown;
  }

  present(secret: NewSecret): void {
    this.failure = null;
    this.copiedMs = null;
    this.#stand.shown = secret;
  }

  async storeAgain(): Promise<void> {
    const secret = this.shown;
    if (!secret || this.storing) return;
    this.storing = true;
    this.failure = null;
    try {
      this.#stand.shown = await this.#backend.secretStoreAgain(secret.id);
    } catch (thrown) {
      this.failure = asIpcError(thrown);
    }
    this.storing = false;
  }

  /** Takes the secret off the screen, and its text out of the window: only one that is stored. */
  close(): void {
    if (this.shown?.stored_in) this.#wipe();
  }

  /** The user has it: it goes without having been stored. */
  async letGo(): Promise<void> {
    const secret = this.shown;
    if (!secret || this.storing) return;
    this.storing = true;
    try {
      await this.#backend.secretLetGo(secret.id);
      this.#wipe();
    } catch (thrown) {
      this.failure = asIpcError(thrown);
      // Pollux holds it no longer: nothing is left to be let go but what is on the screen.
      if (isGone(this.failure)) this.#wipe();
    }
    this.storing = false;
  }

  #wipe(): void {
    this.#stand.shown = null;
    this.failure = null;
    this.copiedMs = null;
  }

  /** Onto the clipboard for a minute: the secret, or a line around it. */
  async copy(line: (text: string) => string = (text) => text): Promise<boolean> {
    const secret = this.shown;
    if (!secret) return false;
    try {
      await this.#backend.copySecret(line(secret.text));
      this.copiedMs = Date.now();
      return true;
    } catch (thrown) {
      this.failure = asIpcError(thrown);
      return false;
    }
  }

  /** Seconds until the clipboard is cleared; null where no secret was copied. */
  clearedIn(now: number): number | null {
    return this.copiedMs === null ? null : Math.max(0, Math.ceil((this.copiedMs + CLEARED_MS - now) / 1000));
  }
}
