import type { Backend, EnvironmentKey, IpcError, Project, ProjectCheck, ProjectDraft } from "../ipc";
import { asIpcError } from "../lib/errors";
import { visible } from "../lib/invisible";
import type { Toasts } from "./toasts.svelte";

/** What it asks of the back end. */
type ProjectCalls = Pick<
  Backend,
  "environmentKeys" | "projectAdd" | "projectCheck" | "projectRemove" | "projectRestore" | "projectUpdate"
>;

const UNDO_MS = 10_000;

/** Projects are added, changed and removed here. */
export class ProjectForm {
  /** The open form: a project, or null for a new one; undefined while it is closed. */
  form = $state.raw<Project | null | undefined>(undefined);
  environment = $state.raw<readonly EnvironmentKey[]>([]);
  readonly #backend: ProjectCalls;
  readonly #toasts: Toasts;
  /** Told of each project that was added or changed, and null when one is gone. */
  readonly #saved: (project: Project | null) => void;

  constructor(backend: ProjectCalls, toasts: Toasts, saved: (project: Project | null) => void) {
    this.#backend = backend;
    this.#toasts = toasts;
    this.#saved = saved;
  }

  open(project: Project | null): void {
    this.form = project;
    this.#backend.environmentKeys().then(
      (keys) => (this.environment = keys),
      () => (this.environment = []),
    );
  }

  /** Asks the service once with what the form holds. */
  async check(draft: ProjectDraft): Promise<ProjectCheck | { error: IpcError }> {
    try {
      return await this.#backend.projectCheck(this.form?.id ?? null, draft);
    } catch (thrown) {
      return { error: asIpcError(thrown) };
    }
  }

  /** What the form is to say, or null when it went well. */
  async save(draft: ProjectDraft): Promise<IpcError | null> {
    const before = this.form;
    try {
      const project = before
        ? await this.#backend.projectUpdate(before.id, draft)
        : await this.#backend.projectAdd(draft);
      this.form = undefined;
      this.#toasts.info(`Project ${visible(project.name)} ${before ? "saved" : "added"}.`);
      this.#saved(project);
      return null;
    } catch (thrown) {
      return asIpcError(thrown);
    }
  }

  /** Its deliveries and secrets stay; it can be brought back. */
  async remove(project: Project): Promise<void> {
    try {
      await this.#backend.projectRemove(project.id);
    } catch (thrown) {
      this.#toasts.failed(thrown);
      return;
    }
    this.#saved(null);
    this.#toasts.show("info", `Project ${visible(project.name)} removed. Its deliveries stay.`, {
      lingerMs: UNDO_MS,
      button: { label: "Undo", run: () => void this.#restore(project.id) },
    });
  }

  async #restore(id: number): Promise<void> {
    try {
      const back = await this.#backend.projectRestore(id);
      this.#toasts.info(`Project ${visible(back.name)} restored.`);
      this.#saved(back);
    } catch (thrown) {
      this.#toasts.failed(thrown);
    }
  }
}
