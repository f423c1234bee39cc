import type { Backend, IpcError, Target, TargetDraft } from "../ipc";
import { asIpcError } from "../lib/errors";
import { targetName } from "../lib/targets";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
export type TargetCalls = Pick<Backend, "targetConfirm" | "targetRemove" | "targetSave" | "targets">;

const UNDO_MS = 10_000;

/** Addresses that deliveries are sent to, and which of them are meant now, by project. */
export class Targets {
  /** All of them, as they were listed last for `project`. */
  list = $state.raw<readonly Target[]>([]);
  error = $state.raw<IpcError | null>(null);
  /** The dialog that names, changes and deletes them is open. */
  managing = $state(false);
  loaded = $state(false);
  /** Ticked by hand, by project; where nothing was, the one used last. */
  #ticked = $state.raw<ReadonlyMap<number, readonly string[]>>(new Map());
  #asked = 0;

  readonly #backend: TargetCalls;
  readonly #toasts: Toasts;

  constructor(backend: TargetCalls, toasts: Toasts) {
    this.#backend = backend;
    this.#toasts = toasts;
  }

  async load(): Promise<void> {
    const asked = ++this.#asked;
    try {
      const list = await this.#backend.targets(null);
      if (asked !== this.#asked) return;
      this.list = list;
      this.error = null;
    } catch (thrown) {
      if (asked === this.#asked) this.error = asIpcError(thrown);
    } finally {
      this.loaded = true;
    }
  }

  /** Named ones of this project and of none, then those remembered from their use. */
  of(project: number): readonly Target[] {
    return this.list.filter((one) => one.project === null || one.project === project);
  }

  /** Where a replay of this project goes. */
  current(project: number): readonly string[] {
    const ticked = this.#ticked.get(project);
    const here = this.of(project);
    const still = ticked?.filter((url) => here.some((one) => one.url === url)) ?? [];
    if (still.length > 0) return still;
    const last = [...here].sort((a, b) => (b.used_ms ?? 0) - (a.used_ms ?? 0))[0];
    return last ? [last.url] : [];
  }

  choose(project: number, urls: readonly string[]): void {
    this.#ticked = new Map(this.#ticked).set(project, urls);
  }

  toggle(project: number, url: string): void {
    const now = this.current(project);
    // One is always meant: the last tick stays.
    const next = now.includes(url) ? now.filter((one) => one !== url) : [...now, url];
    if (next.length > 0) this.choose(project, next);
  }

  /** Throws what the back end says: a form shows it beside its field. */
  async save(draft: TargetDraft): Promise<Target> {
    const before = this.list.find((one) => one.id === draft.id);
    const saved = await this.#backend.targetSave(draft);
    if (before && before.url !== saved.url) {
      this.#ticked = new Map(
        [...this.#ticked].map(([project, urls]) => [
          project,
          urls.map((url) => (url === before.url ? saved.url : url)),
        ]),
      );
    }
    await this.load();
    return saved;
  }

  async remove(target: Target): Promise<void> {
    try {
      await this.#backend.targetRemove(target.id);
      await this.load();
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return;
    }
    const { project, name, url, any_certificate } = target;
    const restore = async () => {
      try {
        await this.save({ id: null, project, name, url, any_certificate });
      } catch (thrown) {
        this.#toasts.failed(thrown);
      }
    };
    this.#toasts.show("info", `${targetName(target)} deleted.`, {
      lingerMs: UNDO_MS,
      button: { label: "Undo", run: () => void restore() },
    });
  }

  async confirm(url: string): Promise<void> {
    await this.#backend.targetConfirm(url);
    await this.load();
  }
}
