import type { Backend, SecretView } from "../ipc";
import { asIpcError } from "../lib/errors";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type SecretCalls = Pick<
  Backend,
  | "copySecret"
  | "secretAdd"
  | "secretDestroy"
  | "secretRemove"
  | "secretRestore"
  | "secretReveal"
  | "secrets"
  | "webhooks"
>;

const UNDO_MS = 10_000;

/** The secrets as the back end lists them: never their text, unless one is asked for. */
export class Secrets {
  list = $state.raw<readonly SecretView[]>([]);
  loaded = $state(false);
  /** The project that a secret is to be added for; the form takes it. */
  wanted = $state<number | null>(null);
  /** Text of the secrets that the reader asked to see; forgotten when the view closes. */
  revealed = $state.raw<ReadonlyMap<string, string>>(new Map());

  /** What webhooks are called, by id; those whose project could not be asked are missing. */
  names = $state.raw<ReadonlyMap<string, string>>(new Map());

  readonly #backend: SecretCalls;
  readonly #toasts: Toasts;

  constructor(backend: SecretCalls, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
  }

  async load(): Promise<void> {
    try {
      this.list = await this.#backend.secrets();
      this.loaded = true;
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return;
    }
    await this.#learnNames();
  }

  /** A name is a comfort: without it the id stands there, and nothing is said. */
  async #learnNames(): Promise<void> {
    const unknown = this.list.filter((secret) => secret.webhook !== null && !this.names.has(secret.webhook));
    const projects = [...new Set(unknown.map((secret) => secret.project))];
    const boards = await Promise.all(projects.map((project) => this.#backend.webhooks(project).catch(() => null)));
    const found = boards
      .flatMap((board) => board?.webhooks ?? [])
      .flatMap(({ id, name }) => (name ? [[id, name] as const] : []));
    if (found.length) this.names = new Map([...this.names, ...found]);
  }

  /** Destroys the value of a secret that has ended; its hint stays. */
  async destroy(secret: SecretView): Promise<void> {
    try {
      await this.#backend.secretDestroy(secret.id);
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return;
    }
    this.conceal(secret.id);
    this.#toasts.info(`The value of ${secret.hint} is destroyed. Its hint stays.`);
    await this.load();
  }

  /** The error's text is for the form; null when it went well. */
  async add(project: number, label: string, text: string): Promise<string | null> {
    try {
      const added = await this.#backend.secretAdd(project, label, text);
      this.#toasts.info(`Secret ${added.hint} added.`);
    } catch (thrown) {
      const error = asIpcError(thrown);
      return error.detail ? `${error.message} ${error.detail}` : error.message;
    }
    await this.load();
    return null;
  }

  async remove(secret: SecretView): Promise<void> {
    try {
      await this.#backend.secretRemove(secret.id);
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return;
    }
    this.conceal(secret.id);
    this.#toasts.show("info", `Secret ${secret.hint} removed.`, {
      lingerMs: UNDO_MS,
      button: { label: "Undo", run: () => void this.#restore(secret.id) },
    });
    await this.load();
  }

  async #restore(id: string): Promise<void> {
    try {
      const back = await this.#backend.secretRestore(id);
      this.#toasts.info(`Secret ${back.hint} restored.`);
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
    await this.load();
  }

  async reveal(id: string): Promise<void> {
    try {
      this.revealed = new Map(this.revealed).set(id, await this.#backend.secretReveal(id));
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }

  conceal(id?: string): void {
    const left = new Map(this.revealed);
    if (id === undefined) left.clear();
    else left.delete(id);
    this.revealed = left;
  }

  async copy(id: string): Promise<boolean> {
    try {
      await this.#backend.copySecret(this.revealed.get(id) ?? (await this.#backend.secretReveal(id)));
      this.#toasts.info("Secret copied. The clipboard is cleared in a minute.");
      return true;
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return false;
    }
  }
}
