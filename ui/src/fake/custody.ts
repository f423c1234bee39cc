import type { NewSecret } from "../ipc";
import { FakePlaces } from "./places";
import { refused } from "./refused";

/** Secrets that were just made: what became of storing each, and its text until it is let go. */
export abstract class FakeCustody extends FakePlaces {
  abstract copied: string[];

  /** How many times storing a secret goes wrong from now on. */
  vaultRefuses = 0;
  readonly #made = new Map<string, NewSecret>();

  protected newText(): string {
    return `whsec_bm90LWEtcmVhbC1zZWNyZXQt${Math.random().toString(16).slice(2, 6).padEnd(4, "0")}`;
  }

  protected stored(text: string): NewSecret {
    const problem =
      this.vaultRefuses > 0
        ? refused(
            "vault_failed",
            "The keychain refused to keep this secret. Copy it now: it can never be read again.",
            "org.freedesktop.Secret.Error.IsLocked",
          )
        : null;
    if (problem) this.vaultRefuses--;
    const made: NewSecret = {
      id: `k${text.slice(-4)}`,
      text,
      hint: `whsec_…${text.slice(-4)}`,
      stored_in: problem ? null : this.state.secret_store.kind,
      problem,
    };
    this.#made.set(made.id, made);
    return made;
  }

  secretStoreAgain = (id: string) =>
    this.answer("secretStoreAgain", () => {
      const made = this.#made.get(id);
      if (!made) throw refused("not_found", "This secret is no longer in memory.");
      return this.stored(made.text);
    });
  secretLetGo = (id: string) => this.answer("secretLetGo", () => void this.#made.delete(id));
  copySecret = (text: string) => this.answer("copySecret", () => void this.copied.push(text));
}
